import t from 'tap'
import { insAuthorities, insAuthorityOf, readIns } from '../../../src/national/ins/ins-oids.ts'
import { checkMatricule, matriculeKey } from '../../../src/national/ins/matricule.ts'

t.test('accepts matricules with a right key, Corsica and foreign births included', async (t) => {
  for (const value of [
    '180017599900137',
    '285072A99900189',
    '190122B99900101',
    '175069749900124',
    '260039900000157',
    '700019900000196',
    '180017599903897',
    '180017599903305',
  ])
    t.equal(checkMatricule(value), 'ok', value)
})

t.test('finds wrong keys', async (t) => {
  for (const value of [
    '180017599900138',
    '180015799900137',
    '285072A99900162',
    '180017599903800',
    '123456789012345',
  ])
    t.equal(checkMatricule(value), 'key', value)
})

t.test('finds what is no matricule at all', async (t) => {
  for (const value of [
    '1800175999001',
    '1 80 01 75 999 001 37',
    '285072a99900189',
    '28507209900189',
    '285072C99900189',
    '180017599900137 ',
    '180017599900137\n',
    '',
  ])
    t.equal(checkMatricule(value), 'shape', JSON.stringify(value))
})

t.test('computes keys of two digits from 01 to 97', async (t) => {
  t.equal(matriculeKey('190122B999001'), '01')
  t.equal(matriculeKey('1800175999038'), '97')
})

t.test('knows the four authorities of an INS and no others', async (t) => {
  t.same(
    insAuthorities.filter(({ isNational }) => isNational).map(({ kind }) => kind),
    ['INS-NIR', 'INS-NIA'],
  )
  t.equal(insAuthorityOf('urn:oid:1.2.250.1.213.1.4.10')?.kind, 'INS-NIR-TEST')
  for (const system of ['1.2.250.1.213.1.4.8', 'urn:oid:1.2.250.1.213.1.4.13', 'x', undefined, 8])
    t.equal(insAuthorityOf(system), undefined)
})

t.test('reads an INS also where its OID is badly written, to protect it', async (t) => {
  const value = '180017599900137'
  for (const system of [
    'urn:oid:1.2.250.1.213.1.4.8',
    '1.2.250.1.213.1.4.8',
    'URN:OID:1.2.250.1.213.1.4.8',
  ])
    t.same(readIns({ system, value }), { system: 'urn:oid:1.2.250.1.213.1.4.8', value })
  for (const other of [
    { system: 'x', value },
    { value },
    { system: 'urn:oid:1.2.250.1.213.1.4.8' },
    'x',
    undefined,
  ])
    t.equal(readIns(other), undefined)
})
