/** Cause and cure of the validator's own rules, for their pages. A table of data. */
import type { RuleText } from '../fhir/rule-text.ts'
import type { RuleKey } from './rules.ts'
import { rules } from './rules.ts'

type Row = readonly [
  source: string,
  cause: readonly [fr: string, en: string],
  cure: readonly [fr: string, en: string],
]

const json = 'https://hl7.org/fhir/R4/json.html'
const datatypes = 'https://hl7.org/fhir/R4/datatypes.html'
const profiling = 'https://hl7.org/fhir/R4/profiling.html'
const slicing = 'https://hl7.org/fhir/R4/profiling.html#slicing'
const bindings = 'https://hl7.org/fhir/R4/terminologies.html#strength'
const references = 'https://hl7.org/fhir/R4/references.html'
const extensions = 'https://hl7.org/fhir/R4/extensibility.html'
const bundle = 'https://hl7.org/fhir/R4/bundle.html'
const validation = 'https://hl7.org/fhir/R4/validation.html'
const response = 'https://hl7.org/fhir/R4/questionnaireresponse.html'

const rows: Readonly<Record<RuleKey, Row>> = {
  'not-a-resource': [
    json,
    ['Il manque resourceType.', 'resourceType is missing.'],
    ['Envoyez un objet JSON avec resourceType.', 'Send a JSON object with resourceType.'],
  ],
  'unknown-resource-type': [
    'https://hl7.org/fhir/R4/resourcelist.html',
    ['R4 n’a pas de ressource de ce nom.', 'R4 has no resource of that name.'],
    [
      'Vérifiez la casse, et qu’il ne s’agit pas d’un type de R5.',
      'Check upper and lower case, and that it is not a type of R5.',
    ],
  ],
  'unknown-element': [
    json,
    ['Le type n’a pas d’élément de ce nom.', 'The type has no element of that name.'],
    [
      'Corrigez le nom, ou portez la donnée dans une extension.',
      'Correct the name, or carry the data in an extension.',
    ],
  ],
  'must-be-array': [
    json,
    [
      'L’élément est répétable : JSON le veut en liste, même seul.',
      'The element repeats: JSON wants a list, even for one.',
    ],
    ['Mettez la valeur entre crochets.', 'Put the value in square brackets.'],
  ],
  'must-not-be-array': [
    json,
    ['L’élément n’est pas répétable.', 'The element does not repeat.'],
    ['Retirez les crochets et gardez une valeur.', 'Remove the brackets and keep one value.'],
  ],
  'must-be-object': [
    json,
    ['L’élément est d’un type composé.', 'The element is of a complex type.'],
    ['Envoyez un objet avec ses éléments.', 'Send an object with its elements.'],
  ],
  'must-be-primitive': [
    json,
    ['L’élément est d’un type simple.', 'The element is of a primitive type.'],
    [
      'Envoyez un texte, un nombre ou un booléen ; une extension va sous « _nom ».',
      'Send a string, a number or a boolean; an extension goes below "_name".',
    ],
  ],
  'wrong-json-type': [
    json,
    [
      'Un nombre est envoyé en texte, un texte en nombre, ou un booléen entre guillemets.',
      'A number is sent as a string, a string as a number, or a boolean in quotation marks.',
    ],
    ['Respectez le type JSON de l’élément.', 'Keep to the JSON type of the element.'],
  ],
  'null-value': [
    json,
    [
      'null ne se met que dans une liste de valeurs simples.',
      'null stands in lists of primitives only.',
    ],
    ['Omettez l’élément.', 'Leave the element out.'],
  ],
  'empty-array': [
    json,
    ['Une liste porte au moins une valeur.', 'A list holds at least one value.'],
    ['Omettez l’élément.', 'Leave the element out.'],
  ],
  'empty-object': [
    json,
    [
      'Un élément a une valeur ou des enfants (ele-1).',
      'An element has a value or children (ele-1).',
    ],
    ['Omettez l’élément, ou remplissez-le.', 'Leave the element out, or fill it.'],
  ],
  'empty-string': [
    datatypes,
    ['Un texte présent n’est jamais vide.', 'A string that is present is never empty.'],
    ['Omettez l’élément.', 'Leave the element out.'],
  ],
  'primitive-format': [
    datatypes,
    [
      'La valeur ne suit pas l’expression de son type (date, code, id, base64Binary…), ou la date n’existe pas.',
      'The value does not match its type (date, code, id, base64Binary...), or there is no such date.',
    ],
    [
      'Écrivez les dates AAAA-MM-JJ, les instants avec fuseau, les codes sans espace superflue.',
      'Write dates as YYYY-MM-DD, instants with a zone, codes without extra spaces.',
    ],
  ],
  'invalid-resource-id': [
    'https://hl7.org/fhir/R4/datatypes.html#id',
    [
      'Un id a de 1 à 64 caractères parmi A-Z, a-z, 0-9, « - » et « . ».',
      'An id has 1 to 64 characters of A-Z, a-z, 0-9, "-" and ".".',
    ],
    ['Retirez espaces, accents et soulignés.', 'Remove spaces, accents and underscores.'],
  ],
  'white-space': [
    datatypes,
    ['Le texte commence ou finit par une espace.', 'The text starts or ends with white space.'],
    ['Retirez ces espaces.', 'Remove that white space.'],
  ],
  'date-range': [
    datatypes,
    ['L’année est très loin d’aujourd’hui.', 'The year is very far from today.'],
    ['Vérifiez la saisie.', 'Check what was entered.'],
  ],
  'choice-repeated': [
    'https://hl7.org/fhir/R4/formats.html#choice',
    [
      'Deux formes d’un même élément [x] sont présentes, comme valueString et valueCode.',
      'Two forms of one [x] element are present, such as valueString and valueCode.',
    ],
    ['N’en gardez qu’une.', 'Keep one of them.'],
  ],
  'min-cardinality': [
    profiling,
    [
      'Le type ou le profil exige cet élément au moins une fois.',
      'The type or the profile demands this element at least once.',
    ],
    ['Ajoutez-le.', 'Add it.'],
  ],
  'max-cardinality': [
    profiling,
    [
      'Le type ou le profil permet moins de répétitions, ou interdit l’élément (max allowed = 0).',
      'The type or the profile allows fewer repetitions, or forbids the element (max allowed = 0).',
    ],
    ['Retirez les valeurs en trop.', 'Remove the extra values.'],
  ],
  'too-deep': [
    validation,
    [
      'L’imbrication dépasse ce que le serveur contrôle.',
      'The nesting exceeds what the server checks.',
    ],
    ['Aplatissez la ressource.', 'Flatten the resource.'],
  ],
  'too-many-issues': [
    validation,
    [
      'Le contrôle s’arrête après un grand nombre de défauts.',
      'The check stops after many issues.',
    ],
    ['Corrigez ceux qui sont listés, puis renvoyez.', 'Correct those listed, and send again.'],
  ],
  'too-costly': [
    validation,
    [
      'Le contrôle a dépassé son budget de calcul.',
      'The check went beyond its budget of computation.',
    ],
    [
      'Réduisez la ressource, ou l’expression du profil que vous avez déposé.',
      'Make the resource smaller, or the expression of the profile that you stored.',
    ],
  ],
  'duplicate-element-id': [
    'https://hl7.org/fhir/R4/element.html#id',
    ['Deux éléments portent le même id.', 'Two elements have the same id.'],
    ['Donnez à chacun le sien.', 'Give each its own.'],
  ],
  'security-label-repeated': [
    'https://hl7.org/fhir/R4/resource-operation-meta-add.html',
    [
      'meta.security est un ensemble : deux étiquettes y ont le même système et le même code.',
      'meta.security is a set: two of its labels have the same system and code.',
    ],
    ['Retirez la répétition.', 'Remove the repetition.'],
  ],
  'type-not-allowed': [
    profiling,
    [
      'Le profil restreint les types de cet élément.',
      'The profile restricts the types of this element.',
    ],
    ['Employez un type permis.', 'Use a type that is allowed.'],
  ],
  'fixed-value': [
    profiling,
    [
      'Le profil fixe la valeur de cet élément (fixed[x]).',
      'The profile fixes the value (fixed[x]).',
    ],
    ['Envoyez exactement cette valeur.', 'Send exactly that value.'],
  ],
  'pattern-value': [
    profiling,
    [
      'La valeur ne contient pas ce que le profil impose (pattern[x]).',
      'The value lacks what the profile demands (pattern[x]).',
    ],
    ['Complétez-la.', 'Complete it.'],
  ],
  'max-length': [
    profiling,
    ['Le texte dépasse la longueur permise.', 'The text exceeds the allowed length.'],
    ['Raccourcissez-le.', 'Shorten it.'],
  ],
  'min-value': [
    profiling,
    ['La valeur est sous le minimum du type ou du profil.', 'The value is below the minimum.'],
    ['Vérifiez la valeur et son unité.', 'Check the value and its unit.'],
  ],
  'max-value': [
    profiling,
    ['La valeur dépasse le maximum du type ou du profil.', 'The value exceeds the maximum.'],
    ['Vérifiez la valeur et son unité.', 'Check the value and its unit.'],
  ],
  'slice-min': [
    slicing,
    [
      'Le profil exige une valeur d’une sorte donnée (slice), qui manque.',
      'The profile demands a value of a given kind (slice), which is missing.',
    ],
    ['Ajoutez la valeur avec son discriminant.', 'Add the value with its discriminator.'],
  ],
  'slice-max': [
    slicing,
    ['Trop de valeurs de cette sorte.', 'Too many values of that kind.'],
    ['Retirez celles en trop.', 'Remove the extra ones.'],
  ],
  'slice-closed': [
    slicing,
    [
      'Le découpage est fermé : seules les sortes prévues sont permises.',
      'The slicing is closed: only the listed kinds are allowed.',
    ],
    [
      'Retirez la valeur, ou corrigez son discriminant.',
      'Remove it, or correct its discriminator.',
    ],
  ],
  'slice-order': [
    slicing,
    ['Le découpage est ordonné.', 'The slicing is ordered.'],
    ['Rangez les valeurs dans l’ordre du profil.', 'Put the values in the profile’s order.'],
  ],
  'slice-open-at-end': [
    slicing,
    ['Le découpage n’est ouvert qu’à la fin.', 'The slicing is open at its end only.'],
    ['Mettez les valeurs libres en dernier.', 'Put other values last.'],
  ],
  'profile-unknown': [
    profiling,
    [
      'meta.profile nomme un profil qui n’est pas chargé.',
      'meta.profile names a profile that is not loaded.',
    ],
    [
      'Chargez son package (FHIR_PACKAGES), déposez la StructureDefinition, ou corrigez l’adresse.',
      'Load its package (FHIR_PACKAGES), store the StructureDefinition, or correct the address.',
    ],
  ],
  'profile-not-found': [
    'https://hl7.org/fhir/R4/resource-operation-validate.html',
    ['Le profil demandé n’est pas chargé.', 'The requested profile is not loaded.'],
    ['Chargez son package, ou corrigez l’adresse.', 'Load its package, or correct the address.'],
  ],
  'profile-wrong-type': [
    profiling,
    [
      'Le profil contraint un autre type de ressource.',
      'The profile constrains another resource type.',
    ],
    ['Nommez un profil de ce type.', 'Name a profile of this type.'],
  ],
  'profile-mismatch': [
    profiling,
    [
      'La valeur ne satisfait aucun des profils que l’élément permet.',
      'The value satisfies none of the profiles that the element allows.',
    ],
    [
      'Validez-la seule contre l’un d’eux ($validate).',
      'Validate it alone against one of them ($validate).',
    ],
  ],
  'required-binding': [
    bindings,
    [
      'Le code n’est pas dans le jeu de valeurs imposé (required).',
      'The code is not in the required value set.',
    ],
    [
      'Choisissez un code du jeu que nomme diagnostics ; vérifiez aussi system.',
      'Choose a code of the value set that diagnostics names; check system too.',
    ],
  ],
  'max-binding': [
    bindings,
    ['Le code sort du jeu de valeurs maximal.', 'The code is outside the maximum value set.'],
    ['Choisissez un code de ce jeu.', 'Choose a code of that set.'],
  ],
  'extensible-binding': [
    bindings,
    [
      'Aucun code n’est dans le jeu de valeurs (extensible).',
      'No code is in the extensible value set.',
    ],
    [
      'Employez un code du jeu s’il en est un qui convient ; sinon l’avertissement peut rester.',
      'Use a code of the set where one fits; otherwise the warning may stand.',
    ],
  ],
  'binding-unchecked': [
    bindings,
    [
      'Le jeu de valeurs, ou un système de codes qu’il contient, n’est pas chargé.',
      'The value set, or a code system in it, is not loaded.',
    ],
    ['Chargez la terminologie avec FHIR_PACKAGES.', 'Load the terminology with FHIR_PACKAGES.'],
  ],
  'code-missing': [
    bindings,
    [
      'La liaison impose un code, et il n’y en a pas.',
      'The binding demands a code, and there is none.',
    ],
    ['Ajoutez un coding de ce jeu de valeurs.', 'Add a coding of that value set.'],
  ],
  'unknown-code': [
    'https://hl7.org/fhir/R4/codesystem.html',
    ['Le système de codes n’a pas ce code.', 'The code system has no such code.'],
    ['Vérifiez le code, sa casse et le system.', 'Check the code, its case and the system.'],
  ],
  'unknown-code-system': [
    'https://hl7.org/fhir/R4/terminologies-systems.html',
    ['Le système de codes n’est pas chargé.', 'The code system is not loaded.'],
    ['Vérifiez l’adresse, ou chargez le package.', 'Check the address, or load the package.'],
  ],
  'wrong-display': [
    datatypes,
    ['Le libellé n’est pas l’un de ceux de ce code.', 'The display is none of that code.'],
    [
      'Reprenez le libellé du système, ou omettez-le.',
      'Take the system’s display, or leave it out.',
    ],
  ],
  'coding-system': [
    datatypes,
    [
      'system n’est pas absolu, ou désigne un jeu de valeurs.',
      'system is not absolute, or names a value set.',
    ],
    ['Mettez l’adresse du système de codes.', 'Put the address of the code system.'],
  ],
  'coding-without-system': [
    datatypes,
    ['Le code est seul.', 'The code stands alone.'],
    ['Ajoutez system.', 'Add system.'],
  ],
  'identifier-system': [
    'https://hl7.org/fhir/R4/datatypes.html#Identifier',
    ['system est relatif ou mal formé.', 'system is relative or malformed.'],
    ['Mettez une URL, ou urn:oid:…', 'Put a URL, or urn:oid:...'],
  ],
  'identifier-value': [
    'https://hl7.org/fhir/R4/datatypes.html#Identifier',
    [
      'Sous urn:ietf:rfc:3986, la valeur est une URI complète (urn:oid:…, urn:uuid:…).',
      'Under urn:ietf:rfc:3986 the value is a whole URI (urn:oid:..., urn:uuid:...).',
    ],
    ['Ajoutez le préfixe urn:.', 'Add the prefix urn:.'],
  ],
  'uri-value': [
    datatypes,
    [
      'L’adresse est mal formée : espace, UUID en majuscules, OID invalide.',
      'The address is malformed: a space, a UUID in upper case, an invalid OID.',
    ],
    ['Corrigez-la.', 'Correct it.'],
  ],
  'reference-type': [
    references,
    [
      'La cible n’est pas d’un type permis ici.',
      'The target is of a type that is not allowed here.',
    ],
    ['Désignez une ressource d’un type permis.', 'Refer to a resource of an allowed type.'],
  ],
  'reference-format': [
    references,
    [
      'Une référence est « Type/id », une adresse absolue, « #id » ou urn:uuid:…',
      'A reference is "Type/id", an absolute address, "#id" or urn:uuid:...',
    ],
    ['Corrigez sa forme.', 'Correct its form.'],
  ],
  'reference-unresolved': [
    references,
    [
      'La cible n’est ni contenue, ni dans le Bundle, ni connue.',
      'The target is neither contained, nor in the Bundle, nor known.',
    ],
    ['Ajoutez-la, ou corrigez la référence.', 'Add it, or correct the reference.'],
  ],
  'reference-aggregation': [
    'https://hl7.org/fhir/R4/valueset-resource-aggregation-mode.html',
    [
      'Le profil fixe si la cible est contenue, groupée ou externe.',
      'The profile fixes whether the target is contained, bundled or external.',
    ],
    ['Déplacez la cible.', 'Move the target.'],
  ],
  'extension-unknown': [
    extensions,
    [
      'La définition de l’extension n’est pas chargée.',
      'The definition of the extension is not loaded.',
    ],
    ['Rien, ou chargez son package.', 'Nothing, or load its package.'],
  ],
  'modifier-extension-unknown': [
    'https://hl7.org/fhir/R4/extensibility.html#modifierExtension',
    [
      'Une extension modificatrice inconnue peut changer le sens : elle est refusée.',
      'An unknown modifier extension may change the meaning: it is refused.',
    ],
    ['Chargez son package, ou retirez-la.', 'Load its package, or remove it.'],
  ],
  'extension-modifier': [
    extensions,
    [
      'Elle est dans extension au lieu de modifierExtension, ou l’inverse.',
      'It stands in extension instead of modifierExtension, or the reverse.',
    ],
    ['Déplacez-la.', 'Move it.'],
  ],
  'extension-context': [
    'https://hl7.org/fhir/R4/defining-extensions.html#context',
    [
      'La définition nomme les éléments qui peuvent la porter.',
      'Its definition names the elements that may carry it.',
    ],
    ['Déplacez-la sur l’un d’eux.', 'Move it to one of them.'],
  ],
  'extension-part': [
    extensions,
    [
      'L’extension composée n’a pas de partie de ce nom.',
      'The complex extension has no part of that name.',
    ],
    ['Gardez les parties que sa définition nomme.', 'Keep to the parts that its definition names.'],
  ],
  'extension-url': [
    extensions,
    [
      'L’url est relative, hors d’une extension composée.',
      'The url is relative, outside a complex extension.',
    ],
    ['Mettez l’adresse complète de la définition.', 'Put the whole address of the definition.'],
  ],
  'attachment-size': [
    'https://hl7.org/fhir/R4/datatypes.html#Attachment',
    ['size n’est pas le nombre d’octets de data.', 'size is not the number of bytes of data.'],
    ['Comptez les octets avant le codage en base64.', 'Count the bytes before base64.'],
  ],
  'attachment-hash': [
    'https://hl7.org/fhir/R4/datatypes.html#Attachment',
    ['hash n’est pas le SHA-1 de data, en base64.', 'hash is not the SHA-1 of data, in base64.'],
    [
      'Calculez le SHA-1 des octets, avant leur codage, et codez ses 20 octets en base64.',
      'Compute the SHA-1 of the bytes, before their encoding, and encode its 20 bytes in base64.',
    ],
  ],
  'narrative-xhtml': [
    'https://hl7.org/fhir/R4/narrative.html',
    [
      'Le texte a un script, un formulaire, un élément hors liste, ou n’est pas du XHTML bien formé.',
      'The narrative has a script, a form, an element outside the list, or is not well-formed XHTML.',
    ],
    ['Gardez une mise en forme simple dans un div.', 'Keep simple formatting in a div.'],
  ],
  'bundle-rule': [
    bundle,
    ['Le Bundle ne suit pas les règles de son type.', 'The Bundle breaks the rules of its type.'],
    [
      'Voir diagnostics : fullUrl, request ou première entrée.',
      'See diagnostics: fullUrl, request or the first entry.',
    ],
  ],
  'bundle-reachability': [
    'https://hl7.org/fhir/R4/documents.html',
    [
      'Rien ne mène de la Composition à cette entrée.',
      'Nothing leads from the Composition to this entry.',
    ],
    ['Référencez-la, ou retirez-la.', 'Refer to it, or remove it.'],
  ],
  'invariant-unchecked': [
    validation,
    [
      'Le serveur ne sait pas évaluer cette expression.',
      'The server cannot evaluate this expression.',
    ],
    ['Rien : les autres règles ont été vérifiées.', 'Nothing: the other rules were checked.'],
  ],
  'definition-rule': [
    'https://hl7.org/fhir/R4/structuredefinition.html',
    [
      'La définition se contredit, ou contredit sa base.',
      'The definition contradicts itself, or its base.',
    ],
    ['Voir diagnostics.', 'See diagnostics.'],
  ],
  'definition-advice': [
    'https://hl7.org/fhir/R4/structuredefinition.html',
    ['Une bonne pratique n’est pas suivie.', 'A good practice is not followed.'],
    ['Voir diagnostics ; l’avertissement peut rester.', 'See diagnostics; the warning may stand.'],
  ],
  'questionnaire-unknown': [
    response,
    [
      'Le Questionnaire que nomme la réponse n’est pas là.',
      'The Questionnaire that is named is not here.',
    ],
    ['Déposez-le, puis renvoyez la réponse.', 'Store it, then send the response again.'],
  ],
  'questionnaire-answer': [
    response,
    [
      'La réponse n’est pas du type ou parmi les choix de la question.',
      'The answer is not of the question’s type or choices.',
    ],
    ['Corrigez la réponse.', 'Correct the answer.'],
  ],
  'questionnaire-link': [
    response,
    [
      'Le questionnaire n’a pas ce linkId, à cet endroit.',
      'The questionnaire has no such linkId there.',
    ],
    ['Reprenez son linkId et son imbrication.', 'Take its linkId and nesting.'],
  ],
  'questionnaire-required': [
    response,
    [
      'Une question obligatoire et active est sans réponse.',
      'A required and enabled question has no answer.',
    ],
    ['Répondez-y, ou laissez status à in-progress.', 'Answer it, or leave status in-progress.'],
  ],
  'measure-report': [
    'https://hl7.org/fhir/R4/measurereport.html',
    [
      'Le rapport a d’autres groupes ou populations que sa Measure.',
      'The report has other groups or populations than its Measure.',
    ],
    ['Reprenez ceux de la Measure.', 'Take those of the Measure.'],
  ],
}

export const validationRuleTexts: readonly RuleText[] = Object.entries(rows).map(
  ([key, [source, cause, cure]]) => {
    const { fr, en } = rules[key as RuleKey]
    return {
      key,
      title: { fr, en },
      cause: { fr: cause[0], en: cause[1] },
      cure: { fr: cure[0], en: cure[1] },
      source,
    }
  },
)
