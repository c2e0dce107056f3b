/** The keys of our own rules, with what a broken one means to people. A table of data. */
import type { IssueCode, IssueSeverity } from '../fhir/operation-outcome.ts'

export interface Rule {
  readonly severity: IssueSeverity
  readonly code: IssueCode
  readonly fr: string
  readonly en: string
}

function rule(severity: IssueSeverity, code: IssueCode, fr: string, en: string): Rule {
  return { severity, code, fr, en }
}

export const rules = {
  'not-a-resource': rule('error', 'structure', "Ce n'est pas une ressource", 'This is no resource'),
  'unknown-resource-type': rule(
    'error',
    'invalid',
    'Type de ressource inconnu',
    'Unknown resource type',
  ),
  'unknown-element': rule('error', 'structure', 'Élément inconnu', 'Unknown element'),
  'must-be-array': rule('error', 'structure', 'Une liste est attendue', 'A list is expected'),
  'must-not-be-array': rule(
    'error',
    'structure',
    'Une seule valeur est attendue',
    'A single value is expected',
  ),
  'must-be-object': rule('error', 'structure', 'Un objet est attendu', 'An object is expected'),
  'must-be-primitive': rule(
    'error',
    'structure',
    'Une valeur simple est attendue',
    'A simple value is expected',
  ),
  'wrong-json-type': rule(
    'error',
    'structure',
    "La valeur n'est pas du type attendu",
    'The value is not of the expected type',
  ),
  'null-value': rule('error', 'structure', 'Valeur nulle', 'A null value'),
  'empty-array': rule('error', 'structure', 'Liste vide', 'An empty list'),
  'empty-object': rule('error', 'structure', 'Élément vide', 'An empty element'),
  'empty-string': rule('error', 'value', 'Texte vide', 'An empty text'),
  'primitive-format': rule(
    'error',
    'value',
    'La valeur ne respecte pas le format de son type',
    'The value breaks the format of its type',
  ),
  'invalid-resource-id': rule(
    'error',
    'value',
    "L'identifiant de la ressource n'est pas valide",
    'The resource id is not valid',
  ),
  'white-space': rule(
    'warning',
    'value',
    'Espaces au début ou à la fin',
    'White space at the start or the end',
  ),
  'date-range': rule('warning', 'value', 'Date peu plausible', 'An implausible date'),
  'choice-repeated': rule(
    'error',
    'structure',
    'Un seul type est permis pour cet élément',
    'Only one type is allowed for this element',
  ),
  'min-cardinality': rule(
    'error',
    'required',
    'Un élément obligatoire manque',
    'A required element is missing',
  ),
  'max-cardinality': rule(
    'error',
    'structure',
    'Élément en trop, ou interdit par le profil',
    'One element too many, or forbidden by the profile',
  ),
  'too-deep': rule('error', 'too-costly', 'Imbrication trop profonde', 'Nested too deeply'),
  'too-many-issues': rule(
    'error',
    'too-costly',
    "Trop de défauts : la suite n'est pas contrôlée",
    'Too many issues: the rest is not checked',
  ),
  'too-costly': rule(
    'error',
    'too-costly',
    'Contrôle interrompu : ressource trop coûteuse',
    'Validation stopped: the resource costs too much',
  ),
  'duplicate-element-id': rule(
    'error',
    'business-rule',
    "Identifiant d'élément en double",
    'Duplicate element id',
  ),
  'security-label-repeated': rule(
    'error',
    'business-rule',
    'Étiquette de sécurité en double',
    'Duplicate security label',
  ),
  'type-not-allowed': rule(
    'error',
    'structure',
    'Type non permis par le profil',
    'Type not allowed by the profile',
  ),
  'fixed-value': rule(
    'error',
    'value',
    'La valeur imposée par le profil est attendue',
    'The fixed value of the profile is expected',
  ),
  'pattern-value': rule(
    'error',
    'value',
    'La valeur ne suit pas le modèle du profil',
    'The value does not follow the pattern of the profile',
  ),
  'max-length': rule('error', 'too-long', 'Texte trop long', 'The text is too long'),
  'min-value': rule('error', 'value', 'Valeur trop petite', 'The value is too small'),
  'max-value': rule('error', 'value', 'Valeur trop grande', 'The value is too large'),
  'slice-min': rule(
    'error',
    'structure',
    'Une valeur imposée par le profil manque',
    'A slice required by the profile is missing',
  ),
  'slice-max': rule(
    'error',
    'structure',
    'Trop de valeurs pour cette tranche du profil',
    'Too many values in a slice of the profile',
  ),
  'slice-closed': rule(
    'error',
    'structure',
    "La valeur n'entre dans aucun cas prévu par le profil",
    'The value matches no slice of the profile',
  ),
  'slice-order': rule(
    'error',
    'structure',
    "L'ordre des valeurs n'est pas celui du profil",
    'The order of values differs from the profile',
  ),
  'slice-open-at-end': rule(
    'error',
    'structure',
    'Les valeurs libres doivent venir en dernier',
    'Values outside the slices must come last',
  ),
  'profile-unknown': rule(
    'warning',
    'structure',
    'Profil inconnu, non contrôlé',
    'Unknown profile, not checked',
  ),
  'profile-not-found': rule(
    'error',
    'not-found',
    'Le profil demandé est inconnu',
    'The requested profile is not known',
  ),
  'profile-wrong-type': rule(
    'error',
    'structure',
    'Le profil concerne un autre type',
    'The profile is for another type',
  ),
  'profile-mismatch': rule(
    'error',
    'structure',
    "La valeur n'est conforme à aucun des profils permis",
    'The value conforms to none of the allowed profiles',
  ),
  'required-binding': rule(
    'error',
    'code-invalid',
    'Le code ne fait pas partie de la liste imposée',
    'The code is not in the required value set',
  ),
  'max-binding': rule(
    'error',
    'code-invalid',
    'Le code ne fait pas partie de la liste maximale',
    'The code is not in the maximum value set',
  ),
  'extensible-binding': rule(
    'warning',
    'code-invalid',
    'Le code ne fait pas partie de la liste conseillée',
    'The code is not in the extensible value set',
  ),
  'binding-unchecked': rule(
    'warning',
    'not-found',
    "La liste de codes n'est pas disponible : code non contrôlé",
    'The value set is not at hand: code not checked',
  ),
  'code-missing': rule('error', 'code-invalid', 'Un code est attendu', 'A code is expected'),
  'unknown-code': rule(
    'error',
    'code-invalid',
    "Ce code n'existe pas dans son système",
    'The code does not exist in its system',
  ),
  'unknown-code-system': rule(
    'warning',
    'not-found',
    'Système de codes inconnu, code non contrôlé',
    'Unknown code system, code not checked',
  ),
  'wrong-display': rule(
    'error',
    'invalid',
    'Le libellé ne correspond pas au code',
    'The display does not match the code',
  ),
  'coding-system': rule(
    'error',
    'invalid',
    "Le système du code n'est pas une adresse absolue de système de codes",
    'The coding system is not an absolute code system address',
  ),
  'coding-without-system': rule(
    'warning',
    'code-invalid',
    "Un code sans système n'a pas de sens défini",
    'A code without a system has no defined meaning',
  ),
  'identifier-system': rule(
    'error',
    'invalid',
    "Le système de l'identifiant doit être une adresse absolue",
    'The identifier system must be absolute',
  ),
  'identifier-value': rule(
    'error',
    'invalid',
    "La valeur de l'identifiant n'a pas la forme de son système",
    'The identifier value does not fit its system',
  ),
  'uri-value': rule('error', 'invalid', 'Adresse mal formée', 'A malformed address'),
  'reference-type': rule(
    'error',
    'structure',
    'La référence désigne un type non permis',
    'The reference points to a type that is not allowed',
  ),
  'reference-format': rule('error', 'structure', 'Référence mal formée', 'A malformed reference'),
  'reference-unresolved': rule(
    'error',
    'not-found',
    'La référence ne mène à rien',
    'The reference leads nowhere',
  ),
  'reference-aggregation': rule(
    'error',
    'structure',
    "La référence n'est pas du mode permis (contenue, groupée, externe)",
    'The reference is not of the allowed mode (contained, bundled, external)',
  ),
  'extension-unknown': rule(
    'information',
    'extension',
    'Extension inconnue, non contrôlée',
    'Unknown extension, not checked',
  ),
  'modifier-extension-unknown': rule(
    'error',
    'extension',
    'Extension modificatrice inconnue',
    'Unknown modifier extension',
  ),
  'extension-modifier': rule(
    'error',
    'extension',
    "L'extension est au mauvais endroit (modificatrice ou non)",
    'The extension is in the wrong place (modifier or not)',
  ),
  'extension-context': rule(
    'error',
    'extension',
    "L'extension n'est pas permise ici",
    'The extension is not allowed here',
  ),
  'extension-part': rule(
    'error',
    'extension',
    "Cette partie n'existe pas dans la définition de l'extension",
    'The definition of the extension has no such part',
  ),
  'extension-url': rule(
    'error',
    'extension',
    "L'adresse de l'extension doit être absolue",
    'The extension url must be absolute',
  ),
  'attachment-size': rule(
    'error',
    'structure',
    'La taille annoncée diffère de la taille réelle',
    'The stated size differs from the real one',
  ),
  'attachment-hash': rule(
    'error',
    'value',
    "L'empreinte annoncée diffère de l'empreinte réelle",
    'The stated hash differs from the real one',
  ),
  'narrative-xhtml': rule(
    'error',
    'invalid',
    "Le texte HTML n'est pas valide",
    'The narrative HTML is not valid',
  ),
  'bundle-rule': rule(
    'error',
    'invalid',
    'Règle de Bundle non respectée',
    'A rule of Bundles is broken',
  ),
  'bundle-reachability': rule(
    'error',
    'informational',
    "Cette entrée n'est reliée à rien",
    'This entry is not linked to anything',
  ),
  'invariant-unchecked': rule(
    'information',
    'not-supported',
    'Règle non évaluée',
    'The rule could not be evaluated',
  ),
  'definition-rule': rule(
    'error',
    'business-rule',
    'La définition est incohérente',
    'The definition is inconsistent',
  ),
  'definition-advice': rule(
    'warning',
    'business-rule',
    'La définition pourrait être améliorée',
    'The definition could be improved',
  ),
  'questionnaire-unknown': rule(
    'warning',
    'required',
    'Questionnaire inconnu : réponses non contrôlées',
    'Unknown questionnaire: answers not checked',
  ),
  'questionnaire-answer': rule(
    'error',
    'invariant',
    'La réponse ne suit pas le questionnaire',
    'The answer does not follow the questionnaire',
  ),
  'questionnaire-link': rule(
    'error',
    'not-found',
    'Cette question ne figure pas dans le questionnaire',
    'The question is not in the questionnaire',
  ),
  'questionnaire-required': rule(
    'error',
    'required',
    'Une réponse obligatoire manque',
    'A required answer is missing',
  ),
  'measure-report': rule(
    'error',
    'business-rule',
    'Le rapport ne suit pas sa mesure',
    'The report does not follow its measure',
  ),
} as const satisfies Record<string, Rule>

export type RuleKey = keyof typeof rules
