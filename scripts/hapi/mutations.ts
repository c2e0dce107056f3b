/** Ways to change a resource, each breaking one rule or none. A table of data. */
import type { JsonObject, JsonValue } from '../../src/fhir/resource.ts'
import { isObject } from '../../src/fhir/resource.ts'
import { firstOf, type Place, type Subject } from './places.ts'

/** Changes the subject's resource in place; false where it has nothing to change. */
export type Mutation = (subject: Subject) => boolean

const script = '<div xmlns="http://www.w3.org/1999/xhtml"><p>A</p><script>alert(1)</script></div>'
const xhtml = (content: string, attributes = '') =>
  `<div xmlns="http://www.w3.org/1999/xhtml"${attributes}>${content}</div>`

const dateTypes = ['date', 'dateTime', 'instant']
const textTypes = ['string', 'code', 'uri', 'url', 'canonical', 'markdown', 'id', 'oid', 'uuid']
const primitives = /^[a-z]/

/** Sets one value of a place that the test admits. */
function atPlace(
  admits: (place: Place) => boolean,
  change: (place: Place, subject: Subject) => void,
): Mutation {
  return (subject) => {
    const place = subject.random.pick(subject.places.filter(admits))
    if (!place) return false
    change(place, subject)
    return true
  }
}

function ofType(types: readonly string[], ...values: JsonValue[]): Mutation {
  return atPlace(
    ({ element }) => types.includes(element.type),
    (place, { random }) => setFirst(place, random.pick(values)!),
  )
}

function setFirst({ holder, key }: Place, value: JsonValue): void {
  const old = holder[key]
  holder[key] = Array.isArray(old) ? [value, ...old.slice(1)] : value
}

/** Changes one object of a type. */
function inObject(
  type: RegExp,
  change: (object: JsonObject, subject: Subject) => void | false,
): Mutation {
  return (subject) => {
    const found = subject.random.pick(subject.objects.filter((one) => type.test(one.type)))
    return found !== undefined && change(found.object, subject) !== false
  }
}

const add = (type: RegExp, properties: JsonObject): Mutation =>
  inObject(type, (object) => {
    Object.assign(object, structuredClone(properties))
  })

/** Only resources that have a narrative, an extension, contained resources. */
const domain =
  /^(?:Patient|Practitioner|PractitionerRole|Organization|Observation|DocumentReference|List|AuditEvent|Location|Device|Schedule|Slot|Appointment|HealthcareService|Consent|Encounter)$/

function push(object: JsonObject, key: string, value: JsonValue): void {
  const old = object[key]
  object[key] = [...(Array.isArray(old) ? old : []), value]
}

const pushed = (type: RegExp, key: string, value: JsonValue): Mutation =>
  inObject(type, (object) => push(object, key, structuredClone(value)))

const structure: Record<string, Mutation> = {
  'required element dropped': atPlace(
    ({ isRequired }) => isRequired,
    ({ holder, key }) => delete holder[key],
  ),
  'element dropped': atPlace(
    () => true,
    ({ holder, key }) => delete holder[key],
  ),
  'unknown element': inObject(/./, (object) => void (object.nickname = 'x')),
  'element of another case': atPlace(
    ({ key }) => /[A-Z]/.test(key),
    ({ holder, key }) => {
      holder[key.toLowerCase()] = holder[key]!
      delete holder[key]
    },
  ),
  'list to value': atPlace(
    ({ holder, key }) => Array.isArray(holder[key]),
    ({ holder, key }) => void (holder[key] = firstOf(holder[key]) ?? ''),
  ),
  'value to list': atPlace(
    ({ holder, key }) => !Array.isArray(holder[key]),
    ({ holder, key }) => void (holder[key] = [holder[key]!]),
  ),
  'list in a list': atPlace(
    ({ holder, key }) => Array.isArray(holder[key]),
    ({ holder, key }) => void (holder[key] = [holder[key]!]),
  ),
  'two choice values': (subject) => {
    const place = subject.random.pick(subject.places.filter(({ element }) => element.isChoice))
    const model = place && subject.registry.typeModel(place.ownerType)
    const others = model?.paths.get(place!.element.pathName) ?? []
    const simple = others.filter(
      ({ name, type }) => name !== place!.key && textTypes.includes(type),
    )
    const other = subject.random.pick(simple)
    if (!place || !other) return false
    place.holder[other.name] = other.type === 'uuid' ? 'urn:uuid:x' : 'x'
    return true
  },
  'choice of a type not allowed': atPlace(
    ({ element }) => element.isChoice,
    ({ holder, key, element }) => {
      holder[`${element.pathName}Annotation`] = { text: 'x' }
      delete holder[key]
    },
  ),
  'empty text': ofType(textTypes, ''),
  'blank text': ofType(['string', 'markdown'], ' ', '\n', '\u00a0'),
  'text with spaces around': ofType(['string'], ' Paris', 'Paris ', 'a  b', 'a\tb'),
  'text with a control character': ofType(['string'], 'a\u0000b', 'a\u0007b', 'a\u001fb'),
  'empty list': atPlace(
    ({ holder, key }) => Array.isArray(holder[key]),
    ({ holder, key }) => void (holder[key] = []),
  ),
  'empty object': atPlace(
    ({ element }) => !primitives.test(element.type),
    (place) => setFirst(place, {}),
  ),
  null: atPlace(
    () => true,
    ({ holder, key }) => void (holder[key] = null),
  ),
  'null in a list': atPlace(
    ({ holder, key }) => Array.isArray(holder[key]),
    ({ holder, key }) => void (holder[key] = [...(holder[key] as JsonValue[]), null]),
  ),
  'object for a primitive': atPlace(
    ({ element }) => primitives.test(element.type),
    (place) => setFirst(place, { value: 'x' }),
  ),
  'primitive for an object': atPlace(
    ({ element }) => !primitives.test(element.type),
    (place) => setFirst(place, 'x'),
  ),
  'resourceType unknown': inObject(domain, (object) => void (object.resourceType = 'Dossier')),
  'resourceType of another': inObject(domain, (object) => void (object.resourceType = 'Basic')),
}

const values: Record<string, Mutation> = {
  'number for a text': ofType([...textTypes, ...dateTypes], 5),
  'boolean for a text': ofType(textTypes, true),
  'text for a boolean': ofType(['boolean'], 'true', 'false', 'yes', 1),
  'text for a number': ofType(['decimal', 'integer', 'unsignedInt', 'positiveInt'], '1', '1.0'),
  'number out of its type': ofType(['integer', 'unsignedInt', 'positiveInt'], -1, 0, 1.5, 1e12),
  'odd decimal': ofType(['decimal'], 1e30, 1e-7, -0.5, 123456789012345680000),
  'malformed date': ofType(
    dateTypes,
    '29/02/2024',
    '2024-13-01',
    '2023-02-29',
    '2024-2-1',
    '20240201',
    '2024-02-01 10:00:00Z',
    '2024-02-01T10:00',
    '2024-02-01T10:00:00',
    '2024-02-01T25:00:00Z',
    '2024-02-01T24:00:00Z',
    '2024-02-01T10:00:00+25:00',
    '0000-01-01',
    '24-01-01',
  ),
  'unusual date': ofType(
    ['date', 'dateTime'],
    '2024',
    '2024-02',
    '2024-02-29',
    '1799-01-01',
    '9999-12-31',
    '0101-01-01',
  ),
  'unusual instant': ofType(
    ['instant', 'dateTime'],
    '2024-02-01T10:00:00.123456789Z',
    '2016-12-31T23:59:60Z',
    '2024-02-01T10:00:00-00:00',
    '2024-02-01T10:00:00+14:00',
    '2024-02-01T10:00:00+14:30',
  ),
  'malformed id': ofType(['id'], 'a b', 'é', 'a/b', 'x'.repeat(65), 'a_b'),
  'resource id': inObject(
    domain,
    (object, { random }) =>
      void (object.id = random.pick(['a b', 'a_b', 'x'.repeat(65), 'x'.repeat(64), 'A.b-1'])!),
  ),
  'code outside a required binding': atPlace(
    ({ element, hasRequiredBinding }) => hasRequiredBinding && element.type === 'code',
    (place, { random }) => setFirst(place, random.pick(['nowhere', 'Current', 'MALE', 'x y'])!),
  ),
  'concept outside a required binding': atPlace(
    ({ element, hasRequiredBinding }) => hasRequiredBinding && element.type !== 'code',
    (place) => setFirst(place, { coding: [{ system: 'http://example.org/cs', code: 'x' }] }),
  ),
  'code with spaces': ofType(['code'], ' current', 'current ', 'a  b', 'a\tb'),
  'malformed uri': ofType(['uri', 'url', 'canonical'], 'a b', 'http://a b/', ' http://a/', '\\'),
  'relative uri': ofType(['uri'], 'x', 'a/b', '../a', 'www.example.org'),
  'malformed urn': ofType(
    ['uri'],
    'urn:oid:1.02.3',
    'urn:oid:x',
    'urn:uuid:x',
    'urn:uuid:0C3151BD-1CBF-4D64-B04D-CD9187A4C6E0',
    'urn:oid:3.1',
  ),
  'malformed base64': ofType(['base64Binary'], 'é', 'abc', 'ab=c', 'YQ', 'Y Q = =', 'YQ==\n'),
  markdown: ofType(['markdown'], '<b>x</b>', '# x', 'x\n\ny'),
}

const elements: Record<string, Mutation> = {
  'ext-1: value and extension': pushed(domain, 'extension', {
    url: 'http://example.org/x',
    extension: [{ url: 'y', valueString: 'a' }],
    valueString: 'a',
  }),
  'ext-1: neither': pushed(domain, 'extension', { url: 'http://example.org/x' }),
  'extension without url': pushed(domain, 'extension', { valueString: 'a' }),
  'extension with a relative url': pushed(domain, 'extension', { url: 'x', valueString: 'a' }),
  'extension with two values': pushed(domain, 'extension', {
    url: 'http://example.org/x',
    valueString: 'a',
    valueCode: 'b',
  }),
  'extension unknown': pushed(domain, 'extension', {
    url: 'http://example.org/x',
    valueString: 'a',
  }),
  'extension of R4 in the wrong place': pushed(domain, 'extension', {
    url: 'http://hl7.org/fhir/StructureDefinition/iso21090-EN-use',
    valueCode: 'ABC',
  }),
  'extension of R4 with a wrong value': pushed(/^Patient$/, 'extension', {
    url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace',
    valueString: 'Paris',
  }),
  'extension of R4': pushed(/^Patient$/, 'extension', {
    url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace',
    valueAddress: { city: 'Paris' },
  }),
  'extension of R4 twice': inObject(/^Patient$/, (object) => {
    const url = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace'
    push(object, 'extension', { url, valueAddress: { city: 'Paris' } })
    push(object, 'extension', { url, valueAddress: { city: 'Lyon' } })
  }),
  'extension unknown to R4 under its address': pushed(domain, 'extension', {
    url: 'http://hl7.org/fhir/StructureDefinition/no-such-thing',
    valueString: 'a',
  }),
  'modifierExtension unknown': pushed(domain, 'modifierExtension', {
    url: 'http://example.org/x',
    valueString: 'a',
  }),
  'primitive with data-absent-reason': atPlace(
    ({ element, holder, key }) => element.type === 'string' && !Array.isArray(holder[key]),
    ({ holder, key }) => {
      delete holder[key]
      holder[`_${key}`] = {
        extension: [
          {
            url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason',
            valueCode: 'unknown',
          },
        ],
      }
    },
  ),
  'primitive sibling empty': atPlace(
    ({ element }) => element.type === 'string',
    ({ holder, key }) => void (holder[`_${key}`] = Array.isArray(holder[key]) ? [{}] : {}),
  ),
  'primitive sibling with an id': atPlace(
    ({ element, holder, key }) => element.type === 'string' && !Array.isArray(holder[key]),
    ({ holder, key }) => void (holder[`_${key}`] = { id: 'e1' }),
  ),
  'primitive sibling alone with an id': atPlace(
    ({ element, holder, key }) => element.type === 'string' && !Array.isArray(holder[key]),
    ({ holder, key }) => {
      delete holder[key]
      holder[`_${key}`] = { id: 'e1' }
    },
  ),
  'primitive sibling of unequal length': atPlace(
    ({ element, holder, key }) => element.type === 'string' && Array.isArray(holder[key]),
    ({ holder, key }) => void (holder[`_${key}`] = [null, null, null, { id: 'e1' }]),
  ),
  'sibling of an object': atPlace(
    ({ element }) => !primitives.test(element.type),
    ({ holder, key }) => void (holder[`_${key}`] = { id: 'e1' }),
  ),
  'element id twice': inObject(domain, (_, { objects, random }) => {
    const types = objects.filter(({ type }) => /^[A-Z][A-Za-z]+$/.test(type) && !domain.test(type))
    const [first, second] = [random.pick(types), random.pick(types)]
    if (!first || !second || first === second) return false
    first.object.id = second.object.id = 'e1'
  }),
  'element id with a space': inObject(
    /^(?:HumanName|CodeableConcept|Identifier|Period)$/,
    (object) => void (object.id = 'a b'),
  ),
  'per-1': inObject(
    /^Period$/,
    (object) => void Object.assign(object, { start: '2024-05-01', end: '2024-04-01' }),
  ),
  'per-1 across precisions': inObject(
    /^Period$/,
    (object) => void Object.assign(object, { start: '2024-05-01', end: '2024-05' }),
  ),
  'period with a zone': inObject(
    /^Period$/,
    (object) =>
      void Object.assign(object, {
        start: '2024-05-01T10:00:00+02:00',
        end: '2024-05-01T08:30:00Z',
      }),
  ),
  'ref-1': add(/^Reference$/, { reference: '#nowhere' }),
  'reference #': add(/^Reference$/, { reference: '#' }),
  'reference malformed': inObject(
    /^Reference$/,
    (object, { random }) =>
      void (object.reference = random.pick([
        'Patient/a b',
        'Patient',
        'a b',
        'Patient/1/2',
        '/1',
      ])!),
  ),
  'reference to no type': add(/^Reference$/, { reference: 'Dossier/1' }),
  'reference to a type not allowed': add(/^Reference$/, { reference: 'ValueSet/1' }),
  'reference with a wrong type': add(/^Reference$/, { reference: 'Patient/1', type: 'Location' }),
  'reference type unknown': add(/^Reference$/, { type: 'Dossier' }),
  'reference by identifier only': inObject(/^Reference$/, (object) => {
    delete object.reference
    object.identifier = { system: 'http://example.org/ids', value: '1' }
  }),
  'reference with a version': add(/^Reference$/, { reference: 'Patient/1/_history/2' }),
  'reference empty but for a display': inObject(/^Reference$/, (object) => {
    delete object.reference
    object.display = 'x'
  }),
  'coding without system': inObject(/^Coding$/, (object) => void delete object.system),
  'coding without code': inObject(/^Coding$/, (object) => void delete object.code),
  'coding with a value set as system': add(/^Coding$/, {
    system: 'http://hl7.org/fhir/ValueSet/administrative-gender',
  }),
  'coding of an unknown system': add(/^Coding$/, { system: 'http://example.org/cs', code: 'x' }),
  'coding with an unknown code': add(/^Coding$/, {
    system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
    code: 'NO-SUCH',
  }),
  'coding with a wrong display': add(/^Coding$/, {
    system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
    code: 'AMB',
    display: 'Boulangerie',
  }),
  'coding with userSelected twice': inObject(/^CodeableConcept$/, (object) => {
    for (const one of Array.isArray(object.coding) ? object.coding : []) {
      if (isObject(one)) one.userSelected = true
    }
  }),
  'identifier system relative': add(/^Identifier$/, { system: 'ids' }),
  'identifier of IETF without urn': add(/^Identifier$/, {
    system: 'urn:ietf:rfc:3986',
    value: 'abc',
  }),
  'identifier without value': inObject(/^Identifier$/, (object) => void delete object.value),
  'cpt-2': inObject(/^ContactPoint$/, (object) => void delete object.system),
  'telecom without value': inObject(/^ContactPoint$/, (object) => void delete object.value),
  'att-1': inObject(/^Attachment$/, (object) => {
    delete object.contentType
    object.data = 'YQ=='
  }),
  'attachment size wrong': add(/^Attachment$/, {
    contentType: 'text/plain',
    data: 'YQ==',
    size: 5,
  }),
  'attachment with a bad media type': add(/^Attachment$/, { contentType: 'pdf' }),
  'attachment with a bad language': add(/^Attachment$/, { language: 'français' }),
  'qty-3': inObject(/^Quantity$/, (object) => {
    object.code = 'mm'
    delete object.system
  }),
  'unit unknown to UCUM': add(/^Quantity$/, {
    value: 1,
    code: 'pommes',
    system: 'http://unitsofmeasure.org',
  }),
  'quantity without a value': inObject(/^Quantity$/, (object) => void delete object.value),
  'meta tag': inObject(
    domain,
    (object) => void (object.meta = { tag: [{ system: 'http://example.org/tags', code: 'x' }] }),
  ),
  'meta unknown profile': inObject(
    domain,
    (object) => void (object.meta = { lastUpdated: '2024-02-01' }),
  ),
  language: inObject(
    domain,
    (object, { random }) =>
      void (object.language = random.pick(['fr', 'fr-FR', 'en', 'xx-nowhere', 'fr_FR', 'zz'])!),
  ),
  implicitRules: add(domain, { implicitRules: 'http://example.org/rules' }),
}

const resources: Record<string, Mutation> = {
  'dom-2': pushed(domain, 'contained', {
    resourceType: 'Patient',
    id: 'inner',
    contained: [{ resourceType: 'Patient', id: 'inmost' }],
    managingOrganization: { reference: '#inmost' },
  }),
  'dom-3': pushed(domain, 'contained', { resourceType: 'Patient', id: 'lonely' }),
  'dom-3 kept by its own reference': pushed(domain, 'contained', {
    resourceType: 'Patient',
    id: 'inward',
    link: [{ other: { reference: '#' }, type: 'seealso' }],
  }),
  'dom-4': inObject(domain, (object) => {
    push(object, 'contained', { resourceType: 'Patient', id: 'c1', meta: { versionId: '1' } })
    push(object, 'extension', { url: 'http://example.org/x', valueReference: { reference: '#c1' } })
  }),
  'dom-5': inObject(domain, (object) => {
    push(object, 'contained', {
      resourceType: 'Patient',
      id: 'c1',
      meta: { security: [{ system: 'http://example.org/cs', code: 'x' }] },
    })
    push(object, 'extension', { url: 'http://example.org/x', valueReference: { reference: '#c1' } })
  }),
  'contained and referenced': inObject(domain, (object) => {
    push(object, 'contained', { resourceType: 'Patient', id: 'c1' })
    push(object, 'extension', { url: 'http://example.org/x', valueReference: { reference: '#c1' } })
  }),
  'contained without id': pushed(domain, 'contained', { resourceType: 'Patient' }),
  'contained twice with one id': inObject(domain, (object) => {
    push(object, 'contained', { resourceType: 'Patient', id: 'c1' })
    push(object, 'contained', { resourceType: 'Patient', id: 'c1' })
    push(object, 'extension', { url: 'http://example.org/x', valueReference: { reference: '#c1' } })
  }),
  narrative: inObject(domain, (object, { random }) => {
    const div = random.pick([
      script,
      xhtml(''),
      xhtml(' '),
      '<div>A</div>',
      xhtml('<p>A</div>').replace('</div></div>', '</div>'),
      xhtml('<p onclick="x()">A</p>'),
      xhtml('<img src="a.png" alt="a"/>'),
      xhtml('<a href="javascript:x">A</a>'),
      xhtml('&nbsp;A&eacute;'),
      xhtml('A&nowhere;'),
      xhtml('<p>A</p>', ' lang="fr" xml:lang="fr"'),
      xhtml('<form/>'),
      xhtml('<p style="color: red" class="x" id="p1">A</p>'),
      xhtml('<table><tr><td>A</td></tr></table>'),
      '<p xmlns="http://www.w3.org/1999/xhtml">A</p>',
      'A',
      xhtml('<!-- x -->A'),
      xhtml('<iframe src="a"/>'),
      xhtml('<h1>A</h1><ul><li>B</li></ul><br/>'),
    ])!
    object.text = { status: 'generated', div }
  }),
  'narrative without div': inObject(domain, (object) => void (object.text = { status: 'empty' })),
  'pat-1': inObject(/^Patient$/, (object) =>
    push(object, 'contact', { gender: 'female', period: { start: '2020' } }),
  ),
  'obs-6': inObject(/^Observation$/, (object) => {
    object.dataAbsentReason = {
      coding: [
        { system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'unknown' },
      ],
    }
  }),
  'obs-7': inObject(/^Observation$/, (object) => {
    push(object, 'component', {
      code: object.code ?? null,
      valueQuantity: { value: 1, unit: 'x' },
    })
  }),
  'obs-3': pushed(/^Observation$/, 'referenceRange', { appliesTo: [{ text: 'x' }] }),
  'observation without effective': inObject(/^Observation$/, (object) => {
    for (const key of Object.keys(object)) if (key.startsWith('effective')) delete object[key]
  }),
  'app-3': inObject(/^Appointment$/, (object) => {
    delete object.start
    object.status = 'booked'
  }),
  'app-2': inObject(/^Appointment$/, (object) => void delete object.end),
  'app-4': inObject(/^Appointment$/, (object) => void (object.cancelationReason = { text: 'x' })),
  'lst-1': inObject(/^List$/, (object) => void (object.emptyReason = { text: 'x' })),
  'org-1': inObject(/^Organization$/, (object) => {
    delete object.name
    delete object.identifier
  }),
  'org-2': pushed(/^Organization$/, 'address', { use: 'home', city: 'Paris' }),
  'org-3': pushed(/^Organization$/, 'telecom', { use: 'home', system: 'phone', value: '1' }),
  'bdl-1': inObject(/^Bundle$/, (object) => void (object.total = 3)),
  'bdl-2': inObject(/^Bundle\.entry$/, (object) => void (object.search = { mode: 'match' })),
  'bdl-3': inObject(/^Bundle\.entry$/, (object) => void delete object.request),
  'bdl-3 in another type': inObject(
    /^Bundle\.entry$/,
    (object) => void (object.request = { method: 'GET', url: 'Patient/1' }),
  ),
  'bdl-4': inObject(/^Bundle\.entry$/, (object) => void (object.response = { status: '200' })),
  'bdl-5': inObject(/^Bundle$/, (object) =>
    push(object, 'entry', { fullUrl: 'http://example.org/Patient/1' }),
  ),
  'bdl-7': inObject(/^Bundle$/, (object) => {
    const entries = object.entry
    if (!Array.isArray(entries) || entries.length === 0) return false
    push(object, 'entry', structuredClone(entries[0]!))
  }),
  'bdl-8': inObject(
    /^Bundle\.entry$/,
    (object) => void (object.fullUrl = 'http://example.org/Patient/1/_history/1'),
  ),
  'bundle type': inObject(
    /^Bundle$/,
    (object, { random }) =>
      void (object.type = random.pick([
        'document',
        'message',
        'searchset',
        'collection',
        'batch',
      ])!),
  ),
  'fullUrl that differs from the id': inObject(
    /^Bundle\.entry$/,
    (object) => void (object.fullUrl = 'http://example.org/Patient/elsewhere'),
  ),
  'fullUrl relative': inObject(/^Bundle\.entry$/, (object) => void (object.fullUrl = 'Patient/1')),
  'fullUrl dropped': inObject(/^Bundle\.entry$/, (object) => void delete object.fullUrl),
  'entry of no resource': inObject(
    /^Bundle\.entry$/,
    (object) => void (object.resource = { id: 'x' }),
  ),
  'keys in another order': inObject(/./, (object) => {
    const reversed = Object.entries(object).toReversed()
    for (const [key] of reversed) delete object[key]
    Object.assign(object, Object.fromEntries(reversed))
  }),
  'item twice': atPlace(
    ({ holder, key }) => Array.isArray(holder[key]) && holder[key].length > 0,
    ({ holder, key }) =>
      void (holder[key] = [
        ...(holder[key] as JsonValue[]),
        structuredClone(firstOf(holder[key])!),
      ]),
  ),
}

export const mutations: Readonly<Record<string, Mutation>> = {
  ...structure,
  ...values,
  ...elements,
  ...resources,
}
