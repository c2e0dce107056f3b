/** Faults planted into valid resources, each found at its element under its rule. */
import t from 'tap'
import type { JsonValue, Resource } from '../../src/fhir/resource.ts'
import { parseExact } from '../../src/json/decimals.ts'
import { aDocumentReference, aPatient, createCoreValidator, errorsOf } from './validators.ts'

const { validator } = createCoreValidator()

const patient = { reference: 'Patient/p1' }
const script =
  '<div xmlns="http://www.w3.org/1999/xhtml"><p>Anne</p><script>alert(1)</script></div>'

/** Each fault: a resource, and the errors it must give, no more. */
const faults: Readonly<Record<string, readonly [Resource, ...string[]]>> = {
  'an array where one value is allowed': [
    aPatient({ birthDate: ['1980-02-29'] }),
    'must-not-be-array Patient.birthDate',
  ],
  'one value where an array is expected': [
    aPatient({ name: { family: 'Martin' } }),
    'must-be-array Patient.name',
  ],
  'a missing nested required element': [
    aDocumentReference({ relatesTo: [{ code: 'replaces' }] }),
    'min-cardinality DocumentReference.relatesTo[0]',
  ],
  'an unknown element at the root': [
    aPatient({ nickname: 'Annie' }),
    'unknown-element Patient.nickname',
  ],
  'an unknown nested element': [
    aPatient({ name: [{ family: 'Martin', first: 'Anne' }] }),
    'unknown-element Patient.name[0].first',
  ],
  'a wrong primitive type': [aPatient({ active: 'true' }), 'wrong-json-type Patient.active'],
  'a text where a number is expected': [
    aDocumentReference({ content: [{ attachment: { size: '12' } }] }),
    'wrong-json-type DocumentReference.content[0].attachment.size',
  ],
  'an object where a simple value is expected': [
    aPatient({ gender: { code: 'female' } }),
    'must-be-primitive Patient.gender',
  ],
  'a missing content': [
    without(aDocumentReference(), 'content'),
    'min-cardinality DocumentReference',
  ],
  'a missing status': [
    without(aDocumentReference(), 'status'),
    'min-cardinality DocumentReference',
  ],
  'a code outside a required binding': [
    aPatient({ gender: 'femme' }),
    'required-binding Patient.gender',
  ],
  'a nested code outside a required binding': [
    aPatient({ name: [{ use: 'birth', family: 'Martin' }] }),
    'required-binding Patient.name[0].use',
  ],
  'an integer written as a decimal': [
    parseExact('{"resourceType":"Patient","multipleBirthInteger":1.0}') as Resource,
    'primitive-format Patient.multipleBirth',
  ],
  'an integer written with an exponent, in a list': [
    parseExact(`{"resourceType":"Claim","status":"draft","type":{"text":"x"},"use":"claim",
      "patient":{"display":"x"},"created":"2024","provider":{"display":"x"},
      "priority":{"text":"x"},"insurance":[{"sequence":1,"focal":true,"coverage":{"display":"x"}}],
      "item":[{"sequence":1,"productOrService":{"text":"x"},"careTeamSequence":[1,2e0]}]}`) as Resource,
    'primitive-format Claim.item[0].careTeamSequence[1]',
  ],
  'a malformed date': [aPatient({ birthDate: '29/02/1980' }), 'primitive-format Patient.birthDate'],
  'month 13': [aPatient({ birthDate: '1980-13-01' }), 'primitive-format Patient.birthDate'],
  '31 February': [aPatient({ birthDate: '1980-02-31' }), 'primitive-format Patient.birthDate'],
  'a time without a zone': [
    aDocumentReference({ date: '2024-05-01T10:00:00' }),
    'primitive-format DocumentReference.date',
  ],
  'two deceased[x]': [
    aPatient({ deceasedBoolean: true, deceasedDateTime: '2020-01-01' }),
    'choice-repeated Patient.deceased',
  ],
  'two value[x] in an extension': [
    aPatient({ extension: [{ url: 'http://example.org/x', valueString: 'a', valueCode: 'b' }] }),
    'choice-repeated Patient.extension[0].value',
  ],
  'an extension with both value and extension': [
    aPatient({
      extension: [
        {
          url: 'http://example.org/x',
          extension: [{ url: 'y', valueString: 'a' }],
          valueString: 'a',
        },
      ],
    }),
    'ext-1 Patient.extension[0]',
  ],
  'an extension with neither value nor extension': [
    aPatient({ extension: [{ url: 'http://example.org/x' }] }),
    'ext-1 Patient.extension[0]',
  ],
  'a reference of a resource to itself as its container': [
    aPatient({ link: [{ other: { reference: '#' }, type: 'seealso' }] }),
    'ref-1 Patient.link[0].other',
  ],
  'a UUID in capitals': [
    aPatient({ implicitRules: 'urn:uuid:0C3151BD-1CBF-4D64-B04D-CD9187A4C6E0' }),
    'uri-value Patient.implicitRules',
  ],
  'an entity of HTML': [
    aPatient({
      text: {
        status: 'generated',
        div: '<div xmlns="http://www.w3.org/1999/xhtml">Anne&nbsp;Martin</div>',
      },
    }),
    'narrative-xhtml Patient.text.div',
  ],
  'base64 with white space inside a group': [
    aPatient({ photo: [{ contentType: 'image/png', data: 'Y Q==' }] }),
    'primitive-format Patient.photo[0].data',
  ],
  'a code with a tabulator': [
    aDocumentReference({
      type: { coding: [{ system: 'http://example.org/types', code: 'a\tb' }] },
    }),
    'primitive-format DocumentReference.type.coding[0].code',
  ],
  'a security label twice': [
    aPatient({
      meta: {
        security: [
          { system: 'http://example.org/labels', code: 'N' },
          { system: 'http://example.org/labels', code: 'N', display: 'normal' },
        ],
      },
    }),
    'security-label-repeated Patient.meta.security[1]',
  ],
  'an extension without url': [
    aPatient({ extension: [{ valueString: 'a' }] }),
    'min-cardinality Patient.extension[0]',
  ],
  'a part that the extension does not have': [
    aPatient({
      extension: [
        {
          url: 'http://hl7.org/fhir/StructureDefinition/patient-nationality',
          extension: [{ url: 'colour', valueString: 'blue' }],
        },
      ],
    }),
    'extension-part Patient.extension[0].extension[0]',
  ],
  'an extension in the wrong place': [
    aPatient({
      name: [
        {
          family: 'Martin',
          extension: [
            {
              url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace',
              valueAddress: { city: 'Paris' },
            },
          ],
        },
      ],
    }),
    'extension-context Patient.name[0].extension[0]',
  ],
  'an extension with a value of another type': [
    aPatient({
      extension: [
        {
          url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace',
          valueString: 'Paris',
        },
      ],
    }),
    'type-not-allowed Patient.extension[0].value',
  ],
  'a code as the value of an extension that takes a string': [
    aPatient({
      extension: [
        {
          url: 'http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName',
          valueCode: 'martin',
        },
      ],
    }),
    'type-not-allowed Patient.extension[0].value',
  ],
  'an extension whose url is only extended': [
    aPatient({ extension: [{ _url: { id: 'u' }, valueString: 'x' }] }),
    'min-cardinality Patient.extension[0]',
    'unknown-element Patient.extension[0]._url',
  ],
  'a narrative that is only extended': [
    aPatient({ text: { status: 'generated', _div: { id: 'd' } } }),
    'min-cardinality Patient.text',
    'unknown-element Patient.text._div',
  ],
  'an element id with an extension': [
    aPatient({
      maritalStatus: {
        id: 'm',
        _id: { extension: [{ url: 'http://example.org/x', valueBoolean: true }] },
        text: 'x',
      },
    }),
    'unknown-element Patient.maritalStatus._id',
  ],
  'an element that is only an id': [
    aPatient({ maritalStatus: { id: 'm' } }),
    'ele-1 Patient.maritalStatus',
  ],
  'a value that is only an id': [
    aPatient({ birthDate: undefined as unknown as JsonValue, _birthDate: { id: 'b' } }),
    'ele-1 Patient.birthDate',
  ],
  'an unknown modifier extension': [
    aPatient({ modifierExtension: [{ url: 'http://example.org/x', valueBoolean: true }] }),
    'modifier-extension-unknown Patient.modifierExtension[0]',
  ],
  'an empty string': [
    aPatient({ name: [{ family: '', given: ['Anne'] }] }),
    'empty-string Patient.name[0].family',
  ],
  'an id with a space': [aPatient({ id: 'p 1' }), 'primitive-format Patient.id'],
  'an empty array': [aPatient({ telecom: [] }), 'empty-array Patient.telecom'],
  'an empty object': [aPatient({ maritalStatus: {} }), 'empty-object Patient.maritalStatus'],
  'a null': [aPatient({ birthDate: null }), 'null-value Patient.birthDate'],
  'a null item without extension': [
    aPatient({ name: [{ given: ['Anne', null] }] }),
    'null-value Patient.name[0].given[1]',
  ],
  'pat-1': [aPatient({ contact: [{ gender: 'male' }] }), 'pat-1 Patient.contact[0]'],
  'per-1': [
    aPatient({
      telecom: [{ value: '1', system: 'phone', period: { start: '2021', end: '2020' } }],
    }),
    'per-1 Patient.telecom[0].period',
  ],
  'ref-1': [
    aPatient({ managingOrganization: { reference: '#nobody' } }),
    'ref-1 Patient.managingOrganization',
  ],
  'a reference to a type that is not allowed': [
    aDocumentReference({ custodian: patient }),
    'reference-type DocumentReference.custodian',
  ],
  'a script in a narrative': [
    aPatient({ text: { status: 'generated', div: script } }),
    'txt-1 Patient.text.div',
  ],
  'a narrative without content': [
    aPatient({
      text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"> </div>' },
    }),
    'txt-2 Patient.text.div',
  ],
  'a narrative that is not well-formed': [
    aPatient({
      text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>x</div>' },
    }),
    'narrative-xhtml Patient.text.div',
  ],
  'a contained resource that nothing refers to': [
    aPatient({ generalPractitioner: [] as JsonValue[] }),
    'dom-3 Patient.contained[0]',
    'empty-array Patient.generalPractitioner',
  ],
  'a contained resource with a version': [
    aPatient({
      contained: [{ resourceType: 'Practitioner', id: 'gp', meta: { versionId: '1' } }],
    }),
    'dom-4 Patient.contained[0]',
  ],
  'an attachment with another hash': [
    aDocumentReference({
      content: [
        {
          attachment: {
            contentType: 'text/plain',
            data: 'SGVsbG8=',
            hash: '2jmj7l5rSw0yVb/vlWAYkK/YBwk=',
          },
        },
      ],
    }),
    'attachment-hash DocumentReference.content[0].attachment',
  ],
  'a unit whose system is relative': [
    aPatient({ extension: [{ url: 'http://example.org/x', valueQuantity: { system: 'ucum' } }] }),
    'coding-system Patient.extension[0].value.system',
  ],
  'a unit whose system is a value set': [
    aPatient({
      extension: [
        {
          url: 'http://example.org/x',
          valueQuantity: { system: 'http://hl7.org/fhir/ValueSet/ucum-units' },
        },
      ],
    }),
    'coding-system Patient.extension[0].value.system',
  ],
  'a reference whose type is an absolute URL': [
    aPatient({
      managingOrganization: {
        reference: 'Organization/1',
        type: 'http://hl7.org/fhir/StructureDefinition/Organization',
      },
    }),
    'reference-type Patient.managingOrganization.type',
  ],
  'an attachment of another size': [
    aDocumentReference({
      content: [{ attachment: { contentType: 'text/plain', data: 'SGVsbG8=', size: 6 } }],
    }),
    'attachment-size DocumentReference.content[0].attachment',
  ],
}

function without(resource: Resource, key: string): Resource {
  const { [key]: _left, ...rest } = resource
  return rest as Resource
}

t.test('accepts the resources that the faults are planted in', async (t) => {
  t.same(errorsOf(validator.validate(aPatient())), [])
  t.same(errorsOf(validator.validate(aDocumentReference())), [])
})

t.test('warns of a text that is white space only, which R4 only advises against', async (t) => {
  const issues = validator.validate(aPatient({ name: [{ family: ' ' }] }))
  t.same(errorsOf(issues), [])
  t.ok(issues.some(({ rule }) => rule === 'white-space'))
})

for (const [name, [resource, ...expected]] of Object.entries(faults)) {
  t.test(`finds ${name}`, async (t) => {
    t.same(errorsOf(validator.validate(resource)).toSorted(), expected.toSorted())
  })
}

t.test('says what is wrong in English and French, with the value', async (t) => {
  const [issue] = validator.validate(aPatient({ gender: 'femme' }))
  t.match(issue, {
    severity: 'error',
    code: 'code-invalid',
    rule: 'required-binding',
    diagnostics: /'femme'.*administrative-gender/,
    text: { fr: /liste/, en: /value set/ },
  })
})

t.test('gives issues in document order', async (t) => {
  const issues = validator.validate(
    aPatient({ name: [{ use: 'x' }], gender: 'y', contact: [{ gender: 'male' }], zzz: 1 }),
  )
  t.same(errorsOf(issues), [
    'required-binding Patient.name[0].use',
    'required-binding Patient.gender',
    'pat-1 Patient.contact[0]',
    'unknown-element Patient.zzz',
  ])
})
