/** The DMP's rule keys: cause and cure in French and English, and where each is written. */
import type { RuleText } from '../../fhir/rule-text.ts'

type Row = readonly [
  key: string,
  source: string,
  fr: readonly [title: string, cause: string, cure: string],
  en: readonly [title: string, cause: string, cure: string],
]

const rows = [
  [
    'dmp-hash',
    'PDSm 3.1.1, DocumentReference.content.attachment.hash; décision 6',
    [
      'L’empreinte doit être le SHA-1 des octets du document, en base64.',
      'Les octets joints au lot n’ont pas l’empreinte annoncée.',
      'Calculez SHA-1 sur les octets bruts (pas sur leur base64) et codez le résultat en base64, pas en hexadécimal ; ou omettez hash : le serveur le calcule.',
    ],
    [
      'The hash must be the SHA-1 of the document’s bytes, in base64.',
      'The bytes of the lot do not have the hash that is stated.',
      'Compute SHA-1 over the raw bytes (not over their base64), and encode it in base64, not hexadecimal; or leave hash out: the server computes it.',
    ],
  ],
  [
    'dmp-size',
    'PDSm 3.1.1, DocumentReference.content.attachment.size; décision 6',
    [
      'La taille doit être celle des octets du document.',
      'La taille annoncée n’est pas celle des octets joints.',
      'Comptez les octets bruts, avant le codage en base64 ; ou omettez size : le serveur la calcule.',
    ],
    [
      'The size must be that of the document’s bytes.',
      'The stated size is not that of the bytes of the lot.',
      'Count the raw bytes, before base64; or leave size out: the server computes it.',
    ],
  ],
  [
    'constr-bind-attachmenturl',
    'PDSm 3.1.1, constr-bind-attachmenturl',
    [
      'attachment.url doit désigner le document joint au même lot.',
      'L’URL ne mène à aucune entrée Binary ou Bundle du lot.',
      'Donnez à l’entrée Binary un fullUrl (urn:uuid:…) et reprenez-le dans attachment.url.',
    ],
    [
      'attachment.url must lead to the document in the same lot.',
      'The URL leads to no Binary or Bundle entry of the lot.',
      'Give the Binary entry a fullUrl (urn:uuid:...) and repeat it in attachment.url.',
    ],
  ],
  [
    'pdsm-author-type',
    'PDSm 3.1.1, author, authenticator, List.source ; décision 1',
    [
      'Auteur, valideur et source sont des types que le profil permet.',
      'author, authenticator ou source désigne une ressource d’un autre type.',
      'author : Practitioner, PractitionerRole, Device ou Patient. authenticator : Practitioner, PractitionerRole ou Organization. List.source : PractitionerRole, Device ou Patient.',
    ],
    [
      'Author, authenticator and source are of types that the profile allows.',
      'author, authenticator or source leads to a resource of another type.',
      'author: Practitioner, PractitionerRole, Device or Patient. authenticator: Practitioner, PractitionerRole or Organization. List.source: PractitionerRole, Device or Patient.',
    ],
  ],
  [
    'pdsm-lot-members',
    'MHD 4.2.3, ITI-65 (SubmissionSet.entry) ; PDSm 3.1.1, List.entry.item',
    [
      'Le lot doit nommer chacune de ses fiches.',
      'List.entry ne désigne pas toutes les fiches de la transaction.',
      'Ajoutez à List.entry un item dont la référence est le fullUrl de la fiche.',
    ],
    [
      'The SubmissionSet must name each of its DocumentReferences.',
      'List.entry does not lead to every DocumentReference of the transaction.',
      'Add to List.entry an item whose reference is the fullUrl of the DocumentReference.',
    ],
  ],
  [
    'pdsm-unknown-reference',
    'Décision 63',
    [
      'Une référence d’une fiche ou d’un lot doit mener à une ressource connue.',
      'La ressource désignée n’existe pas ici, ou vous ne pouvez pas la lire.',
      'Créez d’abord la ressource, contenez-la dans la fiche, ou désignez-la par identifier.',
    ],
    [
      'A reference of a DocumentReference or lot must lead to a known resource.',
      'The resource that is named is not here, or you may not read it.',
      'Create the resource first, contain it in the DocumentReference, or name it by identifier.',
    ],
  ],
  [
    'dmp-content-type',
    'PDSm 3.1.1, flux 07 ; MHD 4.2.3, ITI-68',
    [
      'Le type annoncé doit être celui du document qui sera rendu.',
      'attachment.contentType et Binary.contentType diffèrent, ou un Bundle est annoncé autrement qu’en application/fhir+json.',
      'Donnez le même type MIME à la fiche et au Binary.',
    ],
    [
      'The stated type must be that of the document as it will be served.',
      'attachment.contentType and Binary.contentType differ, or a Bundle is stated as something else than application/fhir+json.',
      'Give the DocumentReference and the Binary the same MIME type.',
    ],
  ],
  [
    'dmp-document-facts',
    'Décisions 6 et 80',
    [
      'L’empreinte et la taille d’un document FHIR sont calculées par le serveur.',
      'La fiche d’un Bundle annonce hash ou size ; le Bundle rendu porte l’id et les méta-données du serveur.',
      'Omettez hash et size pour un document FHIR ; lisez-les dans la fiche enregistrée.',
    ],
    [
      'Hash and size of a FHIR document are computed by the server.',
      'The DocumentReference of a Bundle states hash or size; the Bundle as served has the id and meta of the server.',
      'Leave hash and size out for a FHIR document; read them from the stored DocumentReference.',
    ],
  ],
  [
    'pdsm-lot-entries',
    'PDSm 3.1.1, PDSm_ComprehensiveProvideDocumentBundle (entry fermé)',
    [
      'Un lot ne contient que ce que le profil permet.',
      'Une entrée n’est ni un lot, ni une fiche, ni un document, ni un classeur, ni un PATCH, ni un Patient.',
      'Envoyez les autres ressources à part.',
    ],
    [
      'A lot holds only what its profile allows.',
      'An entry is no SubmissionSet, DocumentReference, document, Folder, PATCH or Patient.',
      'Send other resources on their own.',
    ],
  ],
  [
    'pdsm-one-submissionset',
    'PDSm 3.1.1, PDSm_ComprehensiveProvideDocumentBundle',
    [
      'Une transaction porte exactement un lot de soumission.',
      'La transaction porte plusieurs List de code submissionset.',
      'Envoyez une transaction par lot.',
    ],
    [
      'A transaction holds exactly one SubmissionSet.',
      'The transaction holds several List resources with the code submissionset.',
      'Send one transaction for each SubmissionSet.',
    ],
  ],
  [
    'pdsm-one-document',
    'PDSm 3.1.1, flux 01 (ajout)',
    [
      'Un lot porte au moins une fiche, sauf s’il ne met à jour qu’un classeur.',
      'Aucune entrée n’est un DocumentReference.',
      'Joignez la fiche du document.',
    ],
    [
      'A lot holds at least one DocumentReference, unless it only updates a Folder.',
      'No entry is a DocumentReference.',
      'Add the DocumentReference of the document.',
    ],
  ],
  [
    'pdsm-same-patient',
    'MHD 4.2.3, ITI-65 §3.65.4.1.2; PDSm 3.1.1',
    [
      'Tout le lot concerne un seul patient.',
      'Une fiche ou un classeur désigne un autre patient que le lot.',
      'Vérifiez subject dans chaque fiche et dans le lot.',
    ],
    [
      'The whole lot is about one patient.',
      'A DocumentReference or Folder names another patient than the SubmissionSet.',
      'Check subject in each DocumentReference and in the List.',
    ],
  ],
  [
    'pdsm-unreferenced-document',
    'MHD 4.2.3, ITI-65',
    [
      'Chaque document du lot a sa fiche.',
      'Une entrée Binary n’est désignée par aucune fiche.',
      'Ajoutez la fiche, ou retirez le document.',
    ],
    [
      'Each document of the lot has its DocumentReference.',
      'No DocumentReference leads to a Binary entry.',
      'Add the DocumentReference, or take the document out.',
    ],
  ],
  [
    'pdsm-comprehensive-alone',
    'PDSm 3.1.1; décision 73',
    [
      'Une fiche complète n’entre que dans un lot (ITI-65).',
      'La fiche a été envoyée seule, sans ses octets.',
      'Envoyez une transaction (List, DocumentReference, Binary), ou une publication simplifiée (ITI-105) avec attachment.data.',
    ],
    [
      'A comprehensive DocumentReference enters in a lot only (ITI-65).',
      'The DocumentReference was sent alone, without its bytes.',
      'Send a transaction (List, DocumentReference, Binary), or a simplified publish (ITI-105) with attachment.data.',
    ],
  ],
  [
    'pdsm-custodian',
    'PDSm 3.1.1 (deux contenus); décision 1',
    [
      'custodian devrait nommer l’organisation responsable du document.',
      'custodian est absent.',
      'Renseignez custodian : la version de juin 2026 du guide l’exige.',
    ],
    [
      'custodian should name the organisation responsible for the document.',
      'custodian is absent.',
      'Fill in custodian: the guide’s June 2026 build demands it.',
    ],
  ],
  [
    'pdsm-date',
    'PDSm 3.1.1 (deux contenus); décisions 1 et 5',
    [
      'date devrait être renseignée.',
      'date est absente ; le serveur l’a fixée.',
      'Renseignez DocumentReference.date.',
    ],
    [
      'date should be given.',
      'date is absent; the server has set it.',
      'Fill in DocumentReference.date.',
    ],
  ],
  [
    'constr-bind-type',
    'PDSm 3.1.1, constr-bind-type',
    [
      'Le type vient de TRE_A05, LOINC ou TRE_A12.',
      'Le code de type vient d’une autre nomenclature.',
      'Prenez un code du jeu de valeurs JDV_J07.',
    ],
    [
      'The type comes from TRE_A05, LOINC or TRE_A12.',
      'The type’s code comes from another system.',
      'Take a code of the value set JDV_J07.',
    ],
  ],
  [
    'constr-bind-category',
    'PDSm 3.1.1, constr-bind-category',
    [
      'La catégorie vient de TRE_A03 ou TRE_A10.',
      'Le code de catégorie vient d’une autre nomenclature.',
      'Prenez un code du jeu de valeurs JDV_J06.',
    ],
    [
      'The category comes from TRE_A03 or TRE_A10.',
      'The category’s code comes from another system.',
      'Take a code of the value set JDV_J06.',
    ],
  ],
  [
    'constr-bind-format',
    'PDSm 3.1.1, constr-bind-format; décision 67',
    [
      'Le format vient de TRE_A06, TRE_A09, TRE_A10 ou TRE_A11.',
      'Le code de format vient d’une autre nomenclature.',
      'Prenez un code du jeu de valeurs JDV_J10.',
    ],
    [
      'The format comes from TRE_A06, TRE_A09, TRE_A10 or TRE_A11.',
      'The format’s code comes from another system.',
      'Take a code of the value set JDV_J10.',
    ],
  ],
  [
    'constr-bind-ProducteurDoc',
    'PDSm 3.1.1, constr-bind-ProducteurDoc; décision 67',
    [
      'facilityType et practiceSetting viennent de TRE_A00, TRE_R02 (et TRE_A01 pour le cadre d’exercice).',
      'Le code vient d’une autre nomenclature, souvent SNOMED CT.',
      'Prenez un code de JDV_J02 (facilityType) ou JDV_J04 (practiceSetting).',
    ],
    [
      'facilityType and practiceSetting come from TRE_A00, TRE_R02 (and TRE_A01 for the practice setting).',
      'The code comes from another system, often SNOMED CT.',
      'Take a code of JDV_J02 (facilityType) or JDV_J04 (practiceSetting).',
    ],
  ],
  [
    'constr-bind-designationtype',
    'PDSm 3.1.1, constr-bind-designationtype',
    [
      'Le type de contenu du lot vient de TRE_A00, TRE_R209 ou TRE_R02.',
      'Le code de designationType vient d’une autre nomenclature.',
      'Prenez un code du jeu de valeurs JDV_J03.',
    ],
    [
      'The lot’s content type comes from TRE_A00, TRE_R209 or TRE_R02.',
      'The code of designationType comes from another system.',
      'Take a code of the value set JDV_J03.',
    ],
  ],
  [
    'constr-bind-relatesTo',
    'PDSm 3.1.1, constr-cdr-rempl',
    [
      'Un remplacement désigne exactement un document.',
      'La fiche porte plusieurs relatesTo de code replaces.',
      'Un document en remplace un seul : gardez un relatesTo.',
    ],
    [
      'A replacement names exactly one document.',
      'The DocumentReference has several relatesTo with the code replaces.',
      'A document replaces one document: keep one relatesTo.',
    ],
  ],
  [
    'pdsm-replaced-target',
    'PDSm 3.1.1, flux 01 (remplacement); décisions 7 et 75',
    [
      'Le document remplacé existe, est à jour et appartient au même patient.',
      'relatesTo.target ne mène à aucun document à jour de ce patient.',
      'Cherchez le document par son identifiant, puis désignez la version à jour.',
    ],
    [
      'The replaced document exists, is current and belongs to the same patient.',
      'relatesTo.target leads to no current document of this patient.',
      'Search the document by its identifier, then name the current one.',
    ],
  ],
  [
    'pdsm-replaced-twice',
    'Décision 75',
    [
      'Un lot ne remplace pas deux fois le même document.',
      'Deux fiches du lot remplacent le même document.',
      'Gardez une seule fiche de remplacement.',
    ],
    [
      'A lot does not replace one document twice.',
      'Two DocumentReferences of the lot replace the same document.',
      'Keep one replacement.',
    ],
  ],
  [
    'pdsm-master-identifier',
    'PDSm 3.1.1, masterIdentifier; décision 4',
    [
      'masterIdentifier est unique parmi les documents de l’organisation qui dépose.',
      'Un autre document porte déjà cet identifiant.',
      'Donnez un identifiant neuf ; pour corriger un document, remplacez-le (relatesTo replaces).',
    ],
    [
      'masterIdentifier is unique among the documents of the depositing organisation.',
      'Another document already has this identifier.',
      'Give a new identifier; to correct a document, replace it (relatesTo replaces).',
    ],
  ],
  [
    'pdsm-entry-uuid',
    'MHD 4.2.3, entryUUID; décision 88',
    [
      'Un entryUUID ne désigne qu’un document.',
      'Un autre document porte déjà cet entryUUID.',
      'Tirez un UUID neuf.',
    ],
    [
      'An entryUUID names one document only.',
      'Another document already has this entryUUID.',
      'Make a new UUID.',
    ],
  ],
  [
    'pdsm-label',
    'PDSm 3.1.1, securityLabel; JDV_J08; décision 11',
    [
      'Les codes de visibilité et de confidentialité viennent de TRE_A07, TRE_A08 ou de leurs équivalents HL7.',
      'Un label n’est pas connu : le serveur refuse plutôt que d’exposer le document.',
      'Visibilité : MASQUE_PS, INVISIBLE_PATIENT, INVISIBLE_REPRESENTANTS_LEGAUX (TRE_A07). Confidentialité : N, R, V (TRE_A08 ou v3-Confidentiality).',
    ],
    [
      'Visibility and confidentiality codes come from TRE_A07, TRE_A08 or their HL7 equivalents.',
      'A label is not known: the server refuses rather than expose the document.',
      'Visibility: MASQUE_PS, INVISIBLE_PATIENT, INVISIBLE_REPRESENTANTS_LEGAUX (TRE_A07). Confidentiality: N, R, V (TRE_A08 or v3-Confidentiality).',
    ],
  ],
  [
    'pdsm-label-lifted',
    'Décision 69',
    [
      'Un label de visibilité a été levé.',
      'Le remplacement d’un label en a ôté un autre.',
      'Pour ajouter un label sans en lever, utilisez add /securityLabel/-.',
    ],
    [
      'A visibility label has been lifted.',
      'Replacing one label took another away.',
      'To add a label without lifting one, use add /securityLabel/-.',
    ],
  ],
  [
    'pdsm-patch-element',
    'PDSm 3.1.1, flux 03; décision 8',
    [
      'Seuls status, securityLabel et l’extension isArchived d’une fiche peuvent changer.',
      'Le PATCH touche un autre élément.',
      'Pour changer le document ou ses autres métadonnées, remplacez-le par un nouveau lot (relatesTo replaces).',
    ],
    [
      'Only status, securityLabel and the isArchived extension of a DocumentReference may change.',
      'The PATCH touches another element.',
      'To change the document or its other metadata, replace it by a new lot (relatesTo replaces).',
    ],
  ],
  [
    'pdsm-patch-value',
    'PDSm 3.1.1, flux 03; décision 8',
    [
      'La valeur doit appartenir au jeu de valeurs de l’élément.',
      'status n’est ni current, ni superseded, ni entered-in-error.',
      'Corrigez la valeur, sans espace superflue.',
    ],
    [
      'The value must belong to the element’s value set.',
      'status is neither current, superseded nor entered-in-error.',
      'Correct the value; mind spaces.',
    ],
  ],
  [
    'pdsm-restored-while-replaced',
    'Décision 68',
    [
      'Un document remplacé ne redevient pas à jour tant que son remplaçant l’est.',
      'Un document à jour le remplace.',
      'Supprimez d’abord le document qui le remplace.',
    ],
    [
      'A replaced document does not become current again while its replacement is.',
      'A current document replaces it.',
      'Delete the document that replaces it first.',
    ],
  ],
  [
    'pdsm-immutable',
    'PDSm 3.1.1, sf_ajout; décisions 9, 17 et 77',
    [
      'Un document déposé ne se modifie ni ne s’efface : on le remplace ou on le supprime logiquement.',
      'La requête modifierait ou effacerait une fiche, un lot ou des octets déposés.',
      'Suppression : PATCH de status vers entered-in-error. Correction : nouveau lot avec relatesTo replaces. Lot : agissez sur ses documents.',
    ],
    [
      'A deposited document is neither changed nor erased: it is replaced, or deleted logically.',
      'The request would change or erase a DocumentReference, a SubmissionSet or bytes.',
      'Delete: PATCH status to entered-in-error. Correct: a new lot with relatesTo replaces. A SubmissionSet: act on its documents.',
    ],
  ],
  [
    'dmp-closed-record',
    'PDSm4DMP 0.1.0, TD0.2; décision 27',
    [
      'Le dossier du patient est fermé.',
      'Patient.active vaut false : ni consultation, ni alimentation.',
      'Vérifiez l’état du dossier par TD0.2 (Patient?identifier=).',
    ],
    [
      'The patient’s record is closed.',
      'Patient.active is false: neither reading nor feeding.',
      'Check the record by TD0.2 (Patient?identifier=).',
    ],
  ],
  [
    'dmp-search-minimum',
    'MHD 4.2.3, ITI-66 et ITI-67; PDSm4DMP TD3.1b; décision 14',
    [
      'La recherche de documents ou de lots demande le patient et le statut.',
      'Un paramètre obligatoire manque.',
      'Fiches : patient ou patient.identifier, et status (ou identifier). Lots : patient, code et status.',
    ],
    [
      'A search of documents or lots asks for the patient and the status.',
      'A mandatory parameter is missing.',
      'DocumentReference: patient or patient.identifier, and status (or identifier). List: patient, code and status.',
    ],
  ],
  [
    'pdsm-subject',
    'PDSm 3.1.1, subject; décision 63',
    [
      'Le patient du document est connu du serveur.',
      'subject ne mène à aucun Patient.',
      'Créez le Patient, ou désignez-le par Patient?identifier=.',
    ],
    [
      'The document’s patient is known to the server.',
      'subject leads to no Patient.',
      'Create the Patient, or name it by Patient?identifier=.',
    ],
  ],
] as const satisfies readonly Row[]

/** The keys that have a text: no other can be used. */
export type DmpRule = (typeof rows)[number][0]

export const dmpRuleTexts: readonly RuleText[] = rows.map(([key, source, fr, en]) => ({
  key,
  source,
  title: { fr: fr[0], en: en[0] },
  cause: { fr: fr[1], en: en[1] },
  cure: { fr: fr[2], en: en[2] },
}))
