/** FR Core 2.2.0: profiles of people, organisations and data types. */
import type { Facet, Package } from './notation.ts'
import {
  MS,
  bind,
  extension,
  fixed,
  concept,
  pattern,
  profile,
  reference,
  rule,
  rules,
  slices,
} from './notation.ts'
import { extensions } from './fr-core-extensions.ts'
import {
  HL7_TYPES,
  TYPES,
  address,
  canonicalSlice,
  contactPoint,
  cs,
  extensible,
  frCore,
  frExtension,
  humanName,
  identifierSlice,
  nos,
  official,
  pkg,
  required,
  secondary,
  typePattern,
  vs,
} from './fr-core-package.ts'
import { terminology } from './fr-core-terminology.ts'

const profileSlicing: Facet[] = [slices('open', 'value:$this')]
const extensionSlicing: Facet[] = [slices('open', 'value:url')]

const dataTypes = [
  profile(pkg, {
    id: 'fr-core-human-name',
    name: 'FRCoreHumanNameProfile',
    title: "Nom d'une personne",
    description: "Le nom, son ordre d'assemblage et une seule civilité.",
    type: 'HumanName',
    parent: 'HumanName',
    elements: {
      'extension:assemblyOrder': ['0..1', extension('humanname-assembly-order')],
      prefix: ['..1', extensible(nos('JDV_J245-Civilite-CISIS'))],
    },
  }),
  profile(pkg, {
    id: 'fr-core-address',
    name: 'FRCoreAddressProfile',
    title: 'Adresse',
    description: 'Une adresse et son code INSEE.',
    type: 'Address',
    parent: 'Address',
    elements: { 'extension:inseeCode': ['0..1', frExtension('fr-core-address-insee-code')] },
  }),
  profile(pkg, {
    id: 'fr-core-contact-point',
    name: 'FRCoreContactPointProfile',
    title: 'Moyen de contact',
    description: 'Un moyen de contact dont on connaît la nature et la valeur.',
    type: 'ContactPoint',
    parent: 'ContactPoint',
    elements: {
      'extension:emailType': ['0..1', frExtension('fr-core-contact-point-email-type')],
      system: ['1..'],
      value: ['1..'],
    },
  }),
]

const NIR = 'urn:oid:1.2.250.1.213.1.4.13'
const NIA = 'urn:oid:1.2.250.1.213.1.4.14'

const category = 'fr-core-patient-contact-relationship-category'

/** What a contact is to the patient, told apart by the category that it carries. */
function relationship(name: string, binding: string): Record<string, Facet[]> {
  const id = `contact.relationship:${name}`
  return {
    [id]: ['0..1', extensible(vs(binding))],
    [`${id}.extension`]: ['1..'],
    [`${id}.extension:category`]: ['1..1', frExtension(category)],
    [`${id}.extension:category.value[x]`]: [pattern('Code', name)],
  }
}

const patient = profile(pkg, {
  id: 'fr-core-patient',
  name: 'FRCorePatientProfile',
  title: 'Patient',
  description: 'Un patient en France.',
  type: 'Patient',
  parent: 'Patient',
  elements: {
    '': [
      rule(
        'fr-nss-once',
        'error',
        'Un patient porte un seul numéro de sécurité sociale de chaque sorte.',
        `identifier.where(system = '${NIR}').count() <= 1 and identifier.where(system = '${NIA}').count() <= 1`,
      ),
    ],
    'meta.profile': profileSlicing,
    ...canonicalSlice('fr-core-patient'),
    extension: extensionSlicing,
    'extension:nationality': ['0..*', frExtension('fr-core-patient-nationality')],
    'extension:identityReliability': ['0..*', frExtension('fr-core-identity-reliability')],
    'extension:deathPlace': ['0..1', frExtension('fr-core-patient-death-place')],
    'extension:birthDateUpdateIndicator': [
      '0..1',
      frExtension('fr-core-patient-birthdate-update-indicator'),
    ],
    'extension:birthPlace': ['0..1', extension('patient-birthPlace')],
    'extension:birthPlace.value[x]': [address],
    identifier: [slices('open', 'value:type')],
    'identifier.type': [extensible(vs('fr-core-vs-patient-identifier-type'))],
    ...identifierSlice({
      name: 'NSS',
      cardinality: '0..2',
      use: official,
      type: typePattern(HL7_TYPES, 'NH'),
      more: [
        rule(
          'fr-nss-system',
          'error',
          'Un numéro de sécurité sociale est un NIR ou un NIA.',
          `system = '${NIR}' or system = '${NIA}'`,
        ),
      ],
    }),
    ...identifierSlice({
      name: 'INS-C',
      cardinality: '0..*',
      use: secondary,
      type: typePattern(TYPES, 'INS-C', 'Identifiant National de Santé Calculé'),
      system: 'urn:oid:1.2.250.1.213.1.4.2',
    }),
    ...identifierSlice({
      name: 'NDP',
      cardinality: '0..1',
      use: secondary,
      type: typePattern(TYPES, 'NDP', 'Identifiant du patient au Dossier Pharmaceutique'),
      system: 'urn:oid:1.2.250.1.176.1.2',
    }),
    ...identifierSlice({
      name: 'PI',
      cardinality: '0..*',
      use: required(vs('fr-core-vs-patient-identifier-use-pi')),
      type: typePattern(HL7_TYPES, 'PI', 'Patient internal identifier'),
    }),
    ...identifierSlice({
      name: 'RRI',
      cardinality: '0..*',
      use: secondary,
      type: typePattern(HL7_TYPES, 'RRI', 'Regional registry ID'),
    }),
    name: [humanName, slices('open', 'value:use')],
    'name:usualName': ['0..*'],
    'name:usualName.use': ['1..', pattern('Code', 'usual')],
    'name:officialName': ['0..*'],
    'name:officialName.extension:birth-list-given-name': [
      '0..1',
      frExtension('fr-core-patient-birth-list-given-name'),
    ],
    'name:officialName.use': ['1..', official],
    'name:officialName.family': ['1..'],
    'name:officialName.given': ['1..'],
    telecom: [contactPoint],
    gender: [required(vs('fr-core-vs-patient-gender'))],
    address: [address],
    maritalStatus: [extensible(vs('fr-core-vs-marital-status'))],
    'contact.extension': extensionSlicing,
    'contact.extension:contactIdentifier': [
      '0..1',
      frExtension('fr-core-patient-contact-identifier'),
    ],
    'contact.extension:comment': ['0..1', frExtension('fr-core-comment')],
    'contact.relationship': [slices('open', `value:extension('${frCore(category)}').value`)],
    ...relationship('role', 'fr-core-vs-patient-contact-role'),
    ...relationship('relationType', 'fr-core-vs-relation-type'),
    'contact.name': [humanName],
    'contact.telecom': [contactPoint],
    generalPractitioner: [
      reference(frCore('fr-core-practitioner'), frCore('fr-core-organization'), 'PractitionerRole'),
    ],
    managingOrganization: [reference(frCore('fr-core-organization'), 'Organization')],
  },
})

const INS = {
  nir: 'urn:oid:1.2.250.1.213.1.4.8',
  nia: 'urn:oid:1.2.250.1.213.1.4.9',
  test: 'urn:oid:1.2.250.1.213.1.4.10',
  demo: 'urn:oid:1.2.250.1.213.1.4.11',
}
const isValidated = `(extension('${frCore('fr-core-identity-reliability')}').extension('identityStatus').value.exists(code = 'VALI'))`
const officialWith = (system: string, more = '') =>
  `identifier.where(system = '${system}' and use = 'official'${more}).exists()`

const insRules = rules(
  rule(
    'fr-core-1',
    'error',
    'Une identité validée porte un INS en usage officiel.',
    `${isValidated} implies (${[
      officialWith(INS.nir, ` and type.coding.exists(code = 'INS-NIR')`),
      officialWith(INS.nia),
      officialWith(INS.test),
      officialWith(INS.demo),
    ].join(' or ')})`,
  ),
  rule(
    'fr-core-2',
    'error',
    "Une identité validée n'a qu'un identifiant officiel.",
    `${isValidated} implies (identifier.where(use = 'official').count() = 1)`,
  ),
  rule(
    'fr-core-3',
    'warning',
    'Le lieu de naissance d’une identité validée est connu.',
    `${isValidated} implies extension('http://hl7.org/fhir/StructureDefinition/patient-birthPlace').value.extension('${frCore('fr-core-address-insee-code')}').value.code != '99999'`,
  ),
)

const patientIns = profile(pkg, {
  id: 'fr-core-patient-ins',
  name: 'FRCorePatientINSProfile',
  title: 'Patient INS',
  description: "Un patient connu par les traits et l'identifiant de l'INS.",
  type: 'Patient',
  parent: frCore('fr-core-patient'),
  elements: {
    '': [insRules],
    ...canonicalSlice('fr-core-patient-ins', 'fr-ins-canonical'),
    extension: ['1..'],
    'extension:identityReliability': [],
    'extension:identityReliability.extension:validationMode': [],
    'extension:identityReliability.extension:validationMode.value[x]': [
      required(vs('fr-core-vs-mode-validation-identity-ins')),
    ],
    'extension:birthPlace': ['1..', MS],
    'extension:birthPlace.value[x].extension': ['1..'],
    'extension:birthPlace.value[x].extension:inseeCode': ['1..'],
    identifier: ['1..'],
    ...identifierSlice({
      name: 'INS-NIR',
      cardinality: '0..*',
      more: [MS],
      use: required(vs('fr-core-vs-patient-identifier-use-ins')),
      type: typePattern(TYPES, 'INS-NIR'),
      system: INS.nir,
    }),
    ...identifierSlice({
      name: 'INS-NIR-TEST',
      cardinality: '0..*',
      use: official,
      type: typePattern(TYPES, 'INS-NIR-TEST'),
      system: INS.test,
    }),
    ...identifierSlice({
      name: 'INS-NIR-DEMO',
      cardinality: '0..*',
      use: official,
      type: typePattern(TYPES, 'INS-NIR-DEMO'),
      system: INS.demo,
    }),
    ...identifierSlice({
      name: 'INS-NIA',
      cardinality: '0..*',
      more: [MS],
      use: rule(
        'fr-ins-nia-use',
        'error',
        'Un NIA est temporaire, officiel ou ancien.',
        `$this = 'temp' or $this = 'official' or $this = 'old'`,
      ),
      type: typePattern(TYPES, 'INS-NIA'),
      system: INS.nia,
    }),
    name: ['1..'],
    'name:officialName': ['1..1', MS],
    'name:officialName.extension': ['1..'],
    'name:officialName.extension:birth-list-given-name': ['1..', MS],
    'name:officialName.given': ['..1'],
    gender: ['1..', MS],
    birthDate: ['1..', MS],
  },
})

/** One kind of qualification: its two codings, told apart by the set that holds them. */
function qualification(
  name: string,
  cardinality: string,
  codings: readonly (readonly [string, string])[],
): Record<string, Facet[]> {
  const id = `qualification:${name}`
  return {
    [id]: [cardinality],
    [`${id}.code.coding`]: [slices('closed', 'value:$this')],
    ...Object.fromEntries(
      codings.map(([coding, set]) => [
        `${id}.code.coding:${coding}`,
        ['0..1', required(nos(set))] satisfies Facet[],
      ]),
    ),
  }
}

const practitioner = profile(pkg, {
  id: 'fr-core-practitioner',
  name: 'FRCorePractitionerProfile',
  title: 'Professionnel',
  description: 'Un professionnel, ses identifiants nationaux, ses diplômes et savoir-faire.',
  type: 'Practitioner',
  parent: 'Practitioner',
  elements: {
    'meta.profile': profileSlicing,
    ...canonicalSlice('fr-core-practitioner'),
    extension: extensionSlicing,
    'extension:specialty': ['0..1', frExtension('fr-core-practitioner-specialty')],
    identifier: [slices('open', 'value:system')],
    'identifier.type': [extensible(vs('fr-core-vs-practitioner-identifier-type'))],
    ...identifierSlice({
      name: 'idNatPs',
      cardinality: '0..1',
      type: typePattern(TYPES, 'IDNPS'),
      system: 'urn:oid:1.2.250.1.71.4.2.1',
    }),
    ...identifierSlice({
      name: 'rpps',
      cardinality: '0..*',
      type: typePattern(TYPES, 'RPPS'),
      system: 'https://rpps.esante.gouv.fr',
    }),
    name: [humanName],
    'name.suffix': [extensible(nos('JDV_J79-CiviliteExercice-RASS'))],
    telecom: [contactPoint],
    address: [address],
    qualification: [slices('open', 'value:code.coding')],
    ...qualification('degree', '0..*', [
      ['degreeType', 'JDV_J81-TypeDiplome-RASS'],
      ['degree', 'JDV_J105-EnsembleDiplome-RASS'],
    ]),
    ...qualification('exercicePro', '0..1', [
      ['categorieProfession', 'JDV_J89-CategorieProfessionnelle-RASS'],
      ['profession', 'JDV_J106-EnsembleProfession-RASS'],
    ]),
    ...qualification('savoirFaire', '0..*', [
      ['typeSavoirFaire', 'JDV_J91-TypeSavoirFaire-RASS'],
      ['savoirFaire', 'JDV_J107-EnsembleSavoirFaire-RASS'],
    ]),
  },
})

const practitionerRole = profile(pkg, {
  id: 'fr-core-practitioner-role',
  name: 'FRCorePractitionerRoleProfile',
  title: "Situation d'exercice",
  description: 'Un professionnel là où il exerce.',
  type: 'PractitionerRole',
  parent: 'PractitionerRole',
  elements: {
    'meta.profile': profileSlicing,
    ...canonicalSlice('fr-core-practitioner-role'),
    extension: extensionSlicing,
    'extension:serviceTypeDuration': ['0..*', frExtension('fr-core-service-type-duration')],
    identifier: [slices('open', 'value:system')],
    'identifier:numeroAm': ['0..1'],
    'identifier:numeroAm.system': ['1..', pattern('Uri', 'https://www.ameli.fr')],
    practitioner: [reference(frCore('fr-core-practitioner'))],
    organization: [reference(frCore('fr-core-organization'))],
    code: [bind('preferred', vs('fr-core-vs-practitioner-role-exercice'))],
    specialty: [required(vs('fr-core-vs-practitioner-specialty'))],
    location: [reference(frCore('fr-core-location'))],
    healthcareService: [reference(frCore('fr-core-healthcare-service'))],
    telecom: [contactPoint],
  },
})

const relatedPerson = profile(pkg, {
  id: 'fr-core-related-person',
  name: 'FRCoreRelatedPersonProfile',
  title: "Proche d'un patient",
  description: 'Une personne liée à un patient, par son rôle ou par son lien.',
  type: 'RelatedPerson',
  parent: 'RelatedPerson',
  elements: {
    'meta.profile': profileSlicing,
    ...canonicalSlice('fr-core-related-person'),
    identifier: ['1..1'],
    patient: [reference(frCore('fr-core-patient'))],
    relationship: [slices('open', 'value:coding.system')],
    'relationship:Role': ['0..1', bind('preferred', vs('fr-core-vs-patient-contact-role'))],
    'relationship:Role.coding.system': ['1..', pattern('Uri', nos('TRE_R260-HL7RoleClass'))],
    'relationship:RelationType': ['0..*', bind('preferred', vs('fr-core-vs-relation-type'))],
    'relationship:RelationType.coding.system': ['1..', pattern('Uri', nos('TRE_R216-HL7RoleCode'))],
    name: [humanName],
    telecom: [contactPoint],
    address: [address],
  },
})

const FORMER = 'http://fhir.fr/StructureDefinition'

const places = [
  profile(pkg, {
    id: 'fr-core-location',
    name: 'FRCoreLocationProfile',
    title: 'Lieu',
    description: "Un lieu d'un établissement, de l'étage au lit.",
    type: 'Location',
    parent: 'Location',
    elements: {
      // The guide's own expressions: they name former urls of the extensions, and so never fire.
      '': [
        rules(
          rule(
            'inv-location-type-chambre',
            'error',
            'Seule une chambre a un type de chambre.',
            `extension('${FORMER}/fr-core-location-type-chambre').exists() implies type.coding.where(code = 'CHAMB').exists()`,
          ),
          rule(
            'inv-location-type-lit',
            'error',
            'Seul un lit a une position.',
            `extension('${FORMER}/fr-core-location-position-lit').exists() implies type.coding.where(code = 'LIT').exists()`,
          ),
        ),
      ],
      'meta.profile': profileSlicing,
      ...canonicalSlice('fr-core-location'),
      extension: extensionSlicing,
      'extension:typeChambre': ['0..1', frExtension('fr-core-location-type-chambre')],
      'extension:positionLit': ['0..1', frExtension('fr-core-location-position-lit')],
      type: [required(vs('fr-core-vs-location-type'))],
    },
  }),
  profile(pkg, {
    id: 'fr-core-healthcare-service',
    name: 'FRCoreHealthcareServiceProfile',
    title: 'Offre de soins',
    description: "Ce qu'une organisation propose dans un lieu.",
    type: 'HealthcareService',
    parent: 'HealthcareService',
    elements: {
      'meta.profile': profileSlicing,
      ...canonicalSlice('fr-core-healthcare-service'),
      extension: extensionSlicing,
      'extension:serviceTypeDuration': ['0..*', frExtension('fr-core-service-type-duration')],
      providedBy: [reference(frCore('fr-core-organization'))],
      category: ['..1'],
      specialty: [bind('preferred', vs('fr-core-vs-practitioner-specialty'))],
      location: [reference(frCore('fr-core-location'))],
      telecom: [contactPoint],
      coverageArea: [reference(frCore('fr-core-location'))],
    },
  }),
]

const ORGANIZATION = frCore('fr-core-organization')

const organizations = [
  profile(pkg, {
    id: 'fr-core-organization',
    name: 'FRCoreOrganizationProfile',
    title: 'Organisation',
    description: "Une organisation, quelle que soit sa place dans la structure d'un établissement.",
    type: 'Organization',
    parent: 'Organization',
    elements: {
      'meta.profile': profileSlicing,
      ...canonicalSlice('fr-core-organization'),
      extension: extensionSlicing,
      'extension:shortName': ['0..1', frExtension('fr-core-organization-short-name')],
      'extension:description': [
        '0..1',
        extension('http://hl7.org/fhir/5.0/StructureDefinition/extension-Organization.description'),
      ],
      'extension:usePeriod': ['0..1', extension('organization-period')],
      'extension:openReason': ['0..1', extension('note')],
      'extension:closureReason': ['0..1', extension('note')],
      'extension:member': ['0..*', frExtension('fr-core-organization-member')],
      type: [bind('example', vs('fr-core-vs-organization-type'))],
      telecom: [contactPoint],
      address: [address],
      partOf: [reference(ORGANIZATION, frCore('fr-core-organization-etablissement'))],
      'partOf.type': [extensible(vs('fr-core-vs-organization-type'))],
      'contact.telecom': [contactPoint],
      'contact.address': [address],
    },
  }),
  profile(pkg, {
    id: 'fr-core-organization-etablissement',
    name: 'FRCoreOrganizationEtablissementProfile',
    title: 'Établissement',
    description: 'Une entité juridique ou géographique, avec ses identifiants nationaux.',
    type: 'Organization',
    parent: ORGANIZATION,
    elements: {
      'extension:sae': ['0..1', frExtension('fr-core-organization-sae-categorie')],
      'extension:raisonSociale': ['0..1', frExtension('fr-core-organization-raison-sociale')],
      identifier: [slices('open', 'pattern:system', 'pattern:type')],
      'identifier.type': [extensible(vs('fr-core-vs-organization-identifier-type'))],
      ...identifierSlice({
        name: 'idNatSt',
        cardinality: '0..*',
        use: official,
        type: typePattern(TYPES, 'IDNST'),
        system: 'urn:oid:1.2.250.1.71.4.2.2',
      }),
      ...registryNumber('siren', 'SIREN', 'https://sirene.fr'),
      ...registryNumber('siret', 'SIRET', 'https://sirene.fr'),
      'identifier:finess': ['0..*'],
      'identifier:finess.type.coding.system': [pattern('Uri', TYPES)],
      'identifier:finess.system': ['1..', pattern('Uri', 'https://finess.esante.gouv.fr')],
      ...registryNumber('rppsRang', 'RPPSRG', 'https://rppsrang.esante.gouv.fr'),
      type: [
        slices('open', 'value:$this'),
        bind('example', vs('fr-core-vs-organization-etablissement-type')),
      ],
      name: [MS],
    },
  }),
  profile(pkg, {
    id: 'fr-core-organization-uf',
    name: 'FRCoreOrganizationUFProfile',
    title: 'Unité fonctionnelle',
    description: "Une unité fonctionnelle d'un établissement.",
    type: 'Organization',
    parent: ORGANIZATION,
    elements: {
      'extension:discplineEquipement': [
        '0..1',
        frExtension('fr-core-organization-discipline-equipement'),
      ],
      'extension:typeActivite': ['0..1', frExtension('fr-core-organization-type-activite')],
      'extension:champActivite': ['0..1', frExtension('fr-core-organization-champ-activite')],
      'extension:placeHebergement': [
        '0..1',
        frExtension('fr-core-organization-place-hebergement-theorique'),
      ],
      'extension:externe': ['0..1', frExtension('fr-core-organization-uf-externe')],
      'extension:indicateur': ['0..*', frExtension('fr-core-organization-uf-indicateur')],
      'extension:demandeuseActe': ['0..1', frExtension('fr-core-organization-demandeuse-acte')],
      'extension:executanteActe': ['0..1', frExtension('fr-core-organization-executante-acte')],
      type: [fixed('CodeableConcept', concept(cs('fr-core-cs-v2-3307'), 'UF'))],
    },
  }),
  profile(pkg, {
    id: 'fr-core-organization-uac',
    name: 'FRCoreOrganizationUACProfile',
    title: "Unité d'activité",
    description: "Une unité d'activité d'une unité fonctionnelle.",
    type: 'Organization',
    parent: ORGANIZATION,
    elements: {
      'extension:disciplinePrestation': [
        '0..1',
        frExtension('fr-core-organization-discipline-prestation'),
      ],
      'extension:tarif': ['0..1', frExtension('fr-core-organization-tarif')],
      type: [fixed('CodeableConcept', concept(cs('fr-core-cs-v2-3307'), 'UAC'))],
      partOf: [reference(frCore('fr-core-organization-uf'))],
    },
  }),
]

function registryNumber(name: string, code: string, system: string): Record<string, Facet[]> {
  return identifierSlice({
    name,
    cardinality: '0..*',
    type: typePattern(TYPES, code),
    system,
    value: false,
  })
}

export const frCorePackage: Package = {
  ...pkg,
  resources: [
    ...dataTypes,
    patient,
    patientIns,
    practitioner,
    practitionerRole,
    relatedPerson,
    ...places,
    ...organizations,
    ...extensions,
    ...terminology,
  ],
}
