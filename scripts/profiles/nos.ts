/** The few NOS code systems and value sets that the server's own rules name. */
import type { Package } from './notation.ts'
import { codeSystem, extensionDefinition, ofType, valueSet } from './notation.ts'

const pkg = {
  name: 'passerelle.fr.nos',
  version: '0.1.0',
  title: 'Nomenclatures des objets de santé (extrait)',
  canonical: 'https://mos.esante.gouv.fr/NOS',
  dependencies: { 'hl7.fhir.r4.core': '4.0.1' },
  readme: `Source: ANS, Nomenclatures des objets de santé (NOS), https://mos.esante.gouv.fr/NOS

Stated: what the visibility rules of documents and the name of a person need. Code systems are
fragments: they hold the codes that the value sets list. Everything else of the NOS comes with the
official packages, named in \`FHIR_PACKAGES\`; while they are absent, bindings to their value sets are
left unchecked.
`,
} as const

const nos = (id: string) => `${pkg.canonical}/${id}/FHIR/${id.replace('_', '-')}`
const named = (id: string) => ({
  id: id.replace('_', '-'),
  name: id.replaceAll('-', '_'),
  url: nos(id),
})

const VISIBILITY = {
  MASQUE_PS: 'Masqué aux professionnels de santé',
  INVISIBLE_PATIENT: 'Non visible par le patient',
  INVISIBLE_REPRESENTANTS_LEGAUX: 'Non visible par les représentants légaux du patient',
}
const CONFIDENTIALITY = { N: 'Normal', R: 'Restreint', V: 'Très restreint' }
const CIVILITY = { M: 'Monsieur', MME: 'Madame' }
const CIVILITIES = { ...CIVILITY, MLLE: 'Mademoiselle' }

const labels = [
  { system: nos('TRE_A08-HL7Confidentiality'), codes: CONFIDENTIALITY },
  { system: nos('TRE_A07-StatutVisibiliteDocument'), codes: VISIBILITY },
]

export const nosPackage: Package = {
  ...pkg,
  resources: [
    codeSystem(pkg, {
      ...named('TRE_A07-StatutVisibiliteDocument'),
      title: "Visibilité d'un document",
      concepts: VISIBILITY,
      content: 'fragment',
    }),
    codeSystem(pkg, {
      ...named('TRE_A08-HL7Confidentiality'),
      title: 'Niveaux de confidentialité',
      concepts: CONFIDENTIALITY,
      content: 'fragment',
    }),
    codeSystem(pkg, {
      ...named('TRE_R81-Civilite'),
      title: 'Civilités',
      concepts: CIVILITIES,
      content: 'fragment',
    }),
    valueSet(pkg, {
      ...named('JDV_J08-XdsConfidentialityCode-CISIS'),
      title: "Étiquettes d'un document (CI-SIS)",
      version: '20200424120000',
      include: labels,
    }),
    valueSet(pkg, {
      ...named('JDV_J58-ConfidentialityCode-DMP'),
      title: "Étiquettes d'un document (DMP)",
      version: '20200424120000',
      include: labels,
    }),
    valueSet(pkg, {
      ...named('JDV_J245-Civilite-CISIS'),
      title: 'Civilités (CI-SIS)',
      version: '20230331120000',
      include: [{ system: nos('TRE_R81-Civilite'), codes: CIVILITY }],
    }),
  ],
}

const stubs = {
  name: 'passerelle.hl7.extensions',
  version: '0.1.0',
  title: 'Two HL7 extensions that FR Core uses',
  canonical: 'http://hl7.org/fhir',
  dependencies: { 'hl7.fhir.r4.core': '4.0.1' },
  readme: `FR Core 2.2.0 uses two extensions that R4 core does not define: \`note\` of HL7's extension pack and
the R5 description of an organisation. Stated here by url and type of value, so that they are known;
load HL7's packages for the official text.
`,
} as const

export const hl7ExtensionsPackage: Package = {
  ...stubs,
  resources: [
    extensionDefinition(stubs, {
      id: 'note',
      name: 'Note',
      title: 'Note',
      context: ['Element'],
      elements: { 'value[x]': ['1..', ofType('Annotation')] },
    }),
    extensionDefinition(
      { ...stubs, canonical: 'http://hl7.org/fhir/5.0' },
      {
        id: 'extension-Organization.description',
        name: 'OrganizationDescription',
        title: "An organisation's description",
        context: ['Organization'],
        elements: { 'value[x]': ['1..', ofType('markdown')] },
      },
    ),
  ],
}
