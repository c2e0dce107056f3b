import t from 'tap'
import * as keys from '../../../src/national/ins/registry-keys.ts'

/** Function, value, expected. The numbers are made up, save that of La Poste. */
const cases: [(value: string) => string, string, string][] = [
  [keys.checkRpps, '99700218896', 'ok'],
  [keys.checkRpps, '99700218897', 'key'],
  [keys.checkRpps, '899700218896', 'shape'],
  [keys.checkIdnps, '899700218896', 'ok'],
  [keys.checkIdnps, '899700218897', 'key'],
  [keys.checkIdnps, '999700218896', 'shape'],
  [keys.checkIdnps, '0123456789', 'ok'],
  [keys.checkIdnps, '3999999998/A12', 'ok'],
  [keys.checkIdnps, '3999999997/A12', 'key'],
  [keys.checkIdnps, '3999999998/', 'shape'],
  [keys.checkIdnps, '3999999998', 'shape'],
  [keys.checkIdnps, '699700218896/A', 'ok'],
  [keys.checkIdnps, '', 'shape'],
  [keys.checkFiness, '999999998', 'ok'],
  [keys.checkFiness, '999999997', 'key'],
  [keys.checkFiness, '2A9999992', 'ok'],
  [keys.checkFiness, '2B9999990', 'ok'],
  [keys.checkFiness, '2A9999993', 'key'],
  [keys.checkFiness, '9A9999994', 'shape'],
  [keys.checkFiness, '99999999', 'shape'],
  [keys.checkIdnst, '1999999998', 'ok'],
  [keys.checkIdnst, '1999999997', 'key'],
  [keys.checkIdnst, '2999999998', 'ok'],
  [keys.checkIdnst, '9999999998', 'shape'],
  [keys.checkSiren, '999999998', 'ok'],
  [keys.checkSiren, '999999999', 'key'],
  [keys.checkSiret, '99999999800019', 'ok'],
  [keys.checkSiret, '99999999800014', 'key'],
  [keys.checkSiret, '35600000000048', 'ok'],
  [keys.checkSiret, '35600000000006', 'ok'],
  [keys.checkSiret, '35600000000007', 'key'],
  [keys.checkSiret, '999999998', 'shape'],
]

for (const [check, value, expected] of cases)
  t.test(`${check.name} of ${JSON.stringify(value)} is ${expected}`, async (t) => {
    t.equal(check(value), expected)
  })

t.test('checks an identifier by its system', async (t) => {
  const check = (system: string, value: string, type = 'Practitioner') =>
    keys.checkRegistryIdentifier({ system, value }, type)
  t.same(check(keys.rppsSystem, '99700218896'), { registry: 'RPPS', result: 'ok' })
  t.same(check(keys.idnpsSystem, '899700218897'), { registry: 'IDNPS', result: 'key' })
  t.same(check(keys.sirenSystem, '999999998'), { registry: 'SIREN', result: 'ok' })
  t.same(check(keys.sirenSystem, '99999999800019'), { registry: 'SIRET', result: 'ok' })
  t.same(check(keys.finessSystem, 'x'), { registry: 'FINESS', result: 'shape' })
  t.same(check(keys.idnstSystem, '1999999998'), { registry: 'IDNST', result: 'ok' })
  t.equal(check('http://example.org', '1'), undefined)
  t.equal(check(keys.rppsSystem, '1010399870', 'PractitionerRole'), undefined)
})
