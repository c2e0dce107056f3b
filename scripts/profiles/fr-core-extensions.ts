/** FR Core 2.2.0: the extensions that the stated profiles use. */
import type { Elements, JsonObject } from './notation.ts'
import { bind, extensionDefinition, ofType, part, reference, slices } from './notation.ts'
import { address, extensible, frCore, pkg, required, vs } from './fr-core-package.ts'

const one = (
  id: string,
  name: string,
  title: string,
  context: string,
  value: Elements | JsonObject[],
): JsonObject =>
  extensionDefinition(pkg, {
    id,
    name,
    title,
    context: [context],
    elements: Array.isArray(value) ? { 'value[x]': value } : value,
  })

const coding = ofType('Coding')
const boolean = ofType('boolean')
const string = ofType('string')

/** The guide constrains one type of value[x] and leaves the others open. */
function oneTypeOfValue(slice: string, ...facets: JsonObject[]): Elements {
  return {
    'value[x]': [slices('open', 'type:$this')],
    [`value[x]:${slice}`]: ['0..1', ...facets],
  }
}

const ofPatients = [
  one(
    'fr-core-identity-reliability',
    'FRCorePatientIdentityReliabilityExtension',
    "Fiabilité de l'identité",
    'Patient',
    {
      ...part(
        'methodCollection',
        '0..1',
        coding,
        extensible(vs('fr-core-vs-identity-method-collection')),
      ),
      ...part('dateCollection', '0..1', ofType('date')),
      ...part('identityStatus', '0..1', coding, extensible(vs('fr-core-vs-identity-reliability'))),
      ...part('validationDate', '0..1', ofType('date')),
      ...part(
        'validationMode',
        '0..1',
        coding,
        required(vs('fr-core-vs-mode-validation-identity')),
      ),
    },
  ),
  extensionDefinition(pkg, {
    id: 'fr-core-patient-nationality',
    name: 'FRCoreNationalityExtension',
    title: 'Nationalité',
    context: ['Patient', 'Person', 'RelatedPerson'],
    elements: {
      ...part(
        'code',
        '0..1',
        '1..',
        ofType('CodeableConcept'),
        extensible('http://terminology.hl7.org/ValueSet/v3-Country'),
      ),
      ...part('period', '0..1', '1..', ofType('Period')),
    },
  }),
  one(
    'fr-core-patient-death-place',
    'FRCorePatientDeathPlaceExtension',
    'Lieu du décès',
    'Patient',
    [address],
  ),
  one(
    'fr-core-patient-birthdate-update-indicator',
    'FRCorePatientBirthDateUpdateIndicatorExtension',
    'Date de naissance corrigée',
    'Patient',
    [boolean],
  ),
  one(
    'fr-core-patient-birth-list-given-name',
    'FRCorePatientBirthListGivenName',
    'Prénoms de naissance',
    'Patient.name',
    [string],
  ),
  one(
    'fr-core-patient-contact-identifier',
    'FRCorePatientContactIdentifierExtension',
    "Identifiant d'un contact",
    'Patient.contact',
    [ofType('Identifier')],
  ),
  one(
    'fr-core-patient-contact-relationship-category',
    'FRCorePatientContactRelationshipCategoryExtension',
    'Rôle ou lien',
    'Patient.contact.relationship',
    [ofType('code'), required(vs('fr-core-vs-patient-contact-relationship-category'))],
  ),
  one('fr-core-comment', 'FRCoreCommentExtension', 'Commentaire', 'Patient.contact', [string]),
]

const ofDataTypes = [
  one(
    'fr-core-address-insee-code',
    'FRCoreAddressInseeCodeExtension',
    'Code INSEE de la commune',
    'Address',
    [coding, required(vs('fr-core-vs-insee-code'))],
  ),
  extensionDefinition(pkg, {
    id: 'fr-core-contact-point-email-type',
    name: 'FRCoreContactPointEmailTypeExtension',
    title: 'Type de messagerie',
    context: ['ContactPoint'],
    elements: {
      '': ['..1'],
      'value[x]': [coding, extensible(vs('fr-core-vs-email-type'))],
    },
  }),
]

const ofProfessionals = [
  one(
    'fr-core-practitioner-specialty',
    'FRCorePractitionerSpecialtyExtension',
    'Spécialité ordinale',
    'Practitioner',
    [coding, required(vs('fr-core-vs-practitioner-specialty'))],
  ),
  extensionDefinition(pkg, {
    id: 'fr-core-service-type-duration',
    name: 'FRCoreServiceTypeDurationExtension',
    title: "Durée d'un type d'acte",
    context: ['PractitionerRole', 'HealthcareService', 'Schedule'],
    elements: {
      extension: ['1..'],
      ...part(
        'serviceType',
        '1..1',
        ofType('CodeableConcept'),
        bind('example', 'http://hl7.org/fhir/ValueSet/service-type'),
      ),
      ...part('duration', '0..1', ofType('Duration')),
    },
  }),
]

const organization = (
  suffix: string,
  name: string,
  title: string,
  value: Elements | JsonObject[],
): JsonObject =>
  one(
    `fr-core-organization-${suffix}`,
    `FRCoreOrganization${name}Extension`,
    title,
    'Organization',
    value,
  )

const ofOrganizations = [
  organization('short-name', 'ShortName', 'Nom court', [string]),
  organization(
    'member',
    'Member',
    'Membre du groupe',
    oneTypeOfValue('valueReference', reference(frCore('fr-core-organization'))),
  ),
  organization('raison-sociale', 'RaisonSociale', 'Raison sociale', [string]),
  organization(
    'sae-categorie',
    'SAECategorie',
    'Catégorie SAE',
    oneTypeOfValue(
      'valueCodeableConcept',
      ofType('CodeableConcept'),
      required(vs('fr-core-vs-categorie-sae-etablissement')),
    ),
  ),
  organization('discipline-equipement', 'DisciplineEquipement', "Discipline d'équipement", [
    coding,
    extensible(vs('fr-core-vs-organization-discipline-equipement')),
  ]),
  organization('discipline-prestation', 'DisciplinePrestation', 'Discipline de prestation', [
    coding,
    extensible(vs('fr-core-vs-discipline-prestation')),
  ]),
  organization('type-activite', 'TypeActivite', "Type d'activité", [
    ofType('CodeableConcept'),
    // The guide's own spelling of the id.
    required(vs('fr-core-vs-oragnization-type-activite')),
  ]),
  organization('champ-activite', 'ChampActivite', "Champ d'activité", [
    coding,
    extensible(vs('fr-core-vs-organization-champ-activite')),
  ]),
  organization('place-hebergement-theorique', 'PlaceHebergementTheorique', 'Places théoriques', [
    ofType('integer'),
  ]),
  organization('uf-externe', 'UFExterne', 'Unité externe', [boolean]),
  organization(
    'uf-indicateur',
    'UFIndicateur',
    "Indicateur d'unité fonctionnelle",
    oneTypeOfValue(
      'valueCodeableConcept',
      ofType('CodeableConcept'),
      required(vs('fr-core-vs-organization-uf-indicateur')),
    ),
  ),
  organization('demandeuse-acte', 'DemandeuseActe', 'Demande des actes', [boolean]),
  organization('executante-acte', 'ExecutanteActe', 'Exécute des actes', [boolean]),
  organization('tarif', 'Tarif', 'Tarif', [
    coding,
    extensible(vs('fr-core-vs-oragnization-code-tarif-tnjp')),
  ]),
]

const ofPlaces = [
  one(
    'fr-core-location-type-chambre',
    'FRCoreLocationTypeChambreExtension',
    'Type de chambre',
    'Location',
    [coding, extensible(vs('fr-core-vs-location-type-chambre'))],
  ),
  one(
    'fr-core-location-position-lit',
    'FRCoreLocationPositionLitExtension',
    'Position du lit',
    'Location',
    [coding, extensible(vs('fr-core-vs-location-position-lit'))],
  ),
]

export const extensions = [
  ...ofDataTypes,
  ...ofPatients,
  ...ofProfessionals,
  ...ofOrganizations,
  ...ofPlaces,
]
