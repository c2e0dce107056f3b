/** FR Core 2.2.0: the value sets of the stated profiles, and code systems of at most 50 codes. */
import type { Include, JsonObject } from './notation.ts'
import { codeSystem, valueSet } from './notation.ts'
import { HL7_TYPES, TYPES, cs, nos, pkg } from './fr-core-package.ts'

const set = (suffix: string, name: string, title: string, ...include: Include[]): JsonObject =>
  valueSet(pkg, { id: `fr-core-vs-${suffix}`, name: `FRCoreValueSet${name}`, title, include })

const system = (
  suffix: string,
  name: string,
  title: string,
  concepts: Readonly<Record<string, string>>,
): JsonObject =>
  codeSystem(pkg, {
    id: `fr-core-cs-${suffix}`,
    name: `FRCoreCodeSystem${name}`,
    title,
    concepts,
  })

const all = (suffix: string): Include => ({ system: cs(`fr-core-cs-${suffix}`) })
const USE = 'http://hl7.org/fhir/identifier-use'

const codeSystems = [
  system('v2-0203', 'v2_0203', "Types d'identifiant", {
    ADELI: 'N° ADELI',
    RPPS: 'N° RPPS',
    RPPSRG: 'N° RPPS Rang',
    IDNPS: 'Identifiant National de Professionnel de Santé',
    NNFRA:
      'National Person Identifier where the FRA is the ISO table 3166 3-character (alphabetic) country code',
    NDP: 'Identifiant du patient au Dossier Pharmaceutique',
    'INS-C': 'Identifiant National de Santé Calculé',
    'INS-NIA': 'NIR temporaire',
    'INS-NIR': 'NIR définitif',
    'INS-NIR-TEST': 'NIR TEST',
    'INS-NIR-DEMO': 'NIR DEMO',
    FINEJ: "FINESS d'entité juridique",
    FINEG: "FINESS d'entité géographique",
    SIREN: "Identification de l'organisation au SIREN",
    SIRET: "Identification de l'organisation au SIRET",
    IDNST: 'Identification nationale de structure définie par l’ANS dans le CI_SIS',
    INTRN: 'Identifiant interne',
    EXTRN: 'Identifiant externe',
  }),
  system('v2-0445', 'v2_0445', "Fiabilité de l'identité", {
    VIDE: 'Identité non encore qualifiée',
    PROV: 'Identité provisoire',
    VALI: 'Identité validée',
    DOUB: 'Doublon',
    DESA: 'Identité désactivée',
    DPOT: 'Doublon potentiel',
    DOUA: 'Doublon avéré',
    COLP: 'Collision potentielle',
    COLV: 'Collision avérée',
    FILI: 'Filiation',
    CACH: 'Identité cachée',
    ANOM: 'Anonyme',
    IDVER: 'Identité vérifiée par le patient',
    RECD: "Identité reçue d'un autre domaine",
    IDRA: 'Identité rapprochée dans un autre domaine',
    USUR: 'Identité usurpée',
    HOMD: 'Homonyme détecté',
    HOMA: 'Homonyme avéré',
    INVA: 'Identité invalidée',
    FICT: 'Identité fictive (Attribut d’identité « fictive »)',
    DOUT: 'Identité douteuse (Attribut d’identité « douteuse »)',
  }),
  system('v2-3307', 'v2_3307', "Types d'organisation", {
    GHT: 'Groupement hospitalier de territoire',
    'LEGAL-ENTITY': 'Entité légale',
    'GEOGRAPHICAL-ENTITY': 'Entité géographique',
    GROUP: 'Groupe privé/hospitalier',
    'STRUCT-INTERNE': 'Structure interne',
    SECTEUR: 'Secteur',
    DEPARTEMENT: 'Département',
    SERVICE: 'Service',
    UM: 'Unité médicale',
    UAC: "Unité d'activité",
    POLE: 'Pôle',
    'CENTRE-RESP': 'Centre de responsabilité',
    'CENTRE-ACTIVITE': "Centre d'activité",
    UF: 'Unité fonctionnelle',
  }),
  system('method-collection', 'MethodCollection', "Recueil de l'identité", {
    SM: 'Saisie manuelle',
    CV: 'Carte vitale',
    INSI: 'Téléservice INSI',
    CB: 'Code à barre',
    RFID: 'Puce RFID',
  }),
  system('mode-validation-identity', 'ModeValidationIdentite', "Preuve de l'identité", {
    AN: "Extrait d'acte de naissance",
    CC: 'Carnet de circulation',
    CE: 'Carte Européenne',
    CM: 'Carte militaire',
    CN: "Carte nationale d'identité",
    CS: 'Carte de séjour',
    LE: 'Livret de famille',
    PA: 'Passeport',
    PC: 'Permis de conduire',
    TC: 'Tiers de confiance',
    DC: 'Document de Circulation pour étranger mineur',
    AC: 'Acte de naissance + Carte vitale avec photo',
    IE: 'Identification électronique EIDAS',
  }),
  system('marital-status', 'MaritalStatus', 'État civil', { PACS: 'PACS' }),
  system(
    'patient-contact-relationship-category',
    'PatientContactRelationshipCategory',
    'Rôle ou lien',
    { role: 'Rôle', relationType: 'Type de relation' },
  ),
  system('champ-activite', 'ChampActivite', "Champ d'activité", {
    MCO: 'MCO',
    SMR: 'SMR',
    HAD: 'HAD',
    PSY: 'PSY',
    EHPAD: 'EHPAD',
    LG_SJR: 'Long séjour',
    MSN_RTRT: 'Maison de retraite',
    ATR: 'Autre',
  }),
  system('location-type', 'LocationType', 'Types de lieu', {
    BAT: 'Bâtiment',
    ETAG: 'Étage',
    COUL: 'Couloir',
    AILE: 'Aile',
    BOX: 'Box',
    CHAMB: 'Chambre',
    LIT: 'Lit',
    PL_TECH: 'Plateau technique',
    PNT_CLCT: 'Point de collecte',
    PNT_LVRSN: 'Point de livraison',
    SL_EXM: "Salle d'examen",
    SL_CONS: 'Salle de consultation',
  }),
  system('location-type-chambre', 'TypeChambre', 'Types de chambre', {
    STD: 'Standard',
    PRSN_NGTV: 'Pression négative',
    PRSN_PSTV: 'Pression positive',
    CRCRL: 'Carcéral',
    CPTN: 'Capitonné',
  }),
  system('location-position-lit', 'PositionLit', 'Positions de lit', {
    FNTR: 'Fenêtre',
    CLR: 'Couloir',
    ML: 'Milieu',
  }),
  system('uf-indicateur', 'UFIndicateur', "Indicateur d'unité fonctionnelle", {
    HEB: 'Hébergement',
    SOIN: 'Soin',
    ADMIN: 'Administrative',
    MED: 'Médicale',
    TECH: 'Technique',
    MEDICOTECH: 'Médico technique (radio, scanner, ...)',
    MAG: 'Magasin',
  }),
]

const ofPatients = [
  set('patient-gender', 'PatientGender', 'Sexe', {
    system: 'http://hl7.org/fhir/administrative-gender',
    codes: ['male', 'female', 'unknown'],
  }),
  set(
    'patient-identifier-type',
    'PatientIdentifierType',
    "Types d'identifiant d'un patient",
    { system: HL7_TYPES, codes: ['PPN', 'PN', 'PI', 'RRI', 'NH'] },
    { system: TYPES, codes: ['NNFRA', 'NDP', 'INS-C', 'INS-NIA', 'INS-NIR'] },
  ),
  set('patient-identifier-use-ins', 'PatientIdentifierUseINS', "Usages d'un INS", {
    system: USE,
    codes: ['official', 'old'],
  }),
  valueSet(pkg, {
    id: 'fr-core-vs-patient-identifier-use-pi',
    name: 'FRCoreValueSetPatientIdentifierUsePI',
    title: "Usages d'un identifiant interne",
    include: [{ valueSet: 'http://hl7.org/fhir/ValueSet/identifier-use' }],
    exclude: [{ system: USE, codes: ['official'] }],
  }),
  set(
    'marital-status',
    'MaritalStatus',
    'État civil',
    all('marital-status'),
    { system: 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus' },
    { system: 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor', codes: ['UNK'] },
  ),
  set(
    'patient-contact-role',
    'PatientContactRole',
    "Rôles d'un contact",
    { system: nos('TRE_R260-HL7RoleClass') },
    { system: nos('TRE_R217-ProtectionJuridique') },
    { system: 'http://terminology.hl7.org/CodeSystem/v2-0131', codes: ['O', 'U'] },
  ),
  set('relation-type', 'PatientRelationType', 'Liens avec le patient', {
    system: nos('TRE_R216-HL7RoleCode'),
  }),
  set(
    'patient-contact-relationship-category',
    'PatientContactRelationshipCategory',
    'Rôle ou lien',
    all('patient-contact-relationship-category'),
  ),
  set(
    'identity-method-collection',
    'IdentityMethodCollection',
    "Recueil de l'identité",
    all('method-collection'),
  ),
  set(
    'identity-reliability',
    'IdentityReliabilityStatus',
    "Fiabilité de l'identité",
    all('v2-0445'),
  ),
  set(
    'mode-validation-identity',
    'ModeValidationIdentity',
    "Preuve de l'identité",
    all('mode-validation-identity'),
  ),
  set('mode-validation-identity-ins', 'ModeValidationIdentityINS', "Preuve d'une identité INS", {
    system: cs('fr-core-cs-mode-validation-identity'),
    codes: ['PA', 'CN', 'AN', 'LE'],
  }),
]

const ofDataTypes = [
  set('insee-code', 'INSEECode', 'Communes', { system: nos('TRE_R13-CommuneOM') }),
  set('email-type', 'EmailType', 'Types de messagerie', {
    system: nos('TRE_R256-TypeMessagerie'),
  }),
]

const ofProfessionals = [
  set(
    'practitioner-identifier-type',
    'PractitionerIdentifierType',
    "Types d'identifiant d'un professionnel",
    { system: HL7_TYPES, codes: ['EI'] },
    { system: TYPES, codes: ['ADELI', 'RPPS', 'IDNPS', 'INTRN'] },
    { system: nos('TRE_G08-TypeIdentifiantPersonne'), codes: ['1', '3', '4', '5', '6'] },
  ),
  set('practitioner-specialty', 'PractitionerSpecialty', 'Spécialités ordinales', {
    system: nos('TRE_R38-SpecialiteOrdinale'),
  }),
  set(
    'practitioner-role-exercice',
    'PractitionerRoleExercice',
    "Situations d'exercice",
    ...[
      'TRE_R21-Fonction',
      'TRE_R96-AutreFonctionSanitaire',
      'TRE_R85-RolePriseCharge',
      'TRE_R22-GenreActivite',
      'TRE_R23-ModeExercice',
      'TRE_R24-TypeActiviteLiberale',
      'TRE_R32-StatutHospitalier',
      'TRE_G05-SousSectionTableauCNOP',
      'TRE_R06-SectionTableauCNOP',
    ].map((name) => ({ system: nos(name) })),
  ),
]

const ofPlaces = [
  set('location-type', 'LocationType', 'Types de lieu', all('location-type')),
  set(
    'location-type-chambre',
    'LocationTypeChambre',
    'Types de chambre',
    all('location-type-chambre'),
  ),
  set(
    'location-position-lit',
    'LocationPositionLit',
    'Positions de lit',
    all('location-position-lit'),
  ),
]

const ofOrganizations = [
  set('organization-type', 'OrganizationType', "Types d'organisation", {
    system: cs('fr-core-cs-v2-3307'),
    codes: [
      'GHT',
      'GROUP',
      'STRUCT-INTERNE',
      'SECTEUR',
      'DEPARTEMENT',
      'SERVICE',
      'UM',
      'POLE',
      'CENTRE-RESP',
      'CENTRE-ACTIVITE',
    ],
  }),
  set('organization-etablissement-type', 'OrganizationEtablissementType', "Types d'établissement", {
    system: cs('fr-core-cs-v2-3307'),
    codes: ['LEGAL-ENTITY', 'GEOGRAPHICAL-ENTITY'],
  }),
  set(
    'organization-identifier-type',
    'OrganizationIdentifierType',
    "Types d'identifiant d'une organisation",
    {
      system: TYPES,
      codes: ['FINEJ', 'FINEG', 'SIREN', 'SIRET', 'IDNST', 'INTRN', 'EXTRN', 'RPPSRG'],
    },
  ),
  set(
    'organization-champ-activite',
    'OrganizationChampActivite',
    "Champ d'activité",
    all('champ-activite'),
  ),
  set(
    'organization-uf-indicateur',
    'OrganizationUFIndicateur',
    "Indicateur d'unité fonctionnelle",
    all('uf-indicateur'),
  ),
]

export const terminology = [
  ...codeSystems,
  ...ofPatients,
  ...ofDataTypes,
  ...ofProfessionals,
  ...ofOrganizations,
  ...ofPlaces,
]
