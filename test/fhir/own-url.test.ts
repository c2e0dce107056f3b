import t from 'tap'
import { isOwnBase, pathBelow } from '../../src/fhir/own-url.ts'
import { parseReference } from '../../src/fhir/reference.ts'

t.test('a server on the loopback has three names', async (t) => {
  const base = 'http://localhost:8080/fhir'
  for (const host of ['localhost', '127.0.0.1', '[::1]']) {
    const name = `http://${host}:8080/fhir`
    t.ok(isOwnBase(name, base))
    t.equal(pathBelow(`${name}/Patient/1`, base), 'Patient/1')
    t.match(parseReference(`${name}/Patient/1`, base), { kind: 'local', type: 'Patient', id: '1' })
  }
  for (const other of [
    'http://127.0.0.1:8081/fhir',
    'https://localhost:8080/fhir',
    'http://localhost:8080/fhirs',
    'http://127.0.0.1.example.org:8080/fhir',
  ]) {
    t.notOk(isOwnBase(other, base))
    t.equal(pathBelow(`${other}/Patient/1`, base), undefined)
  }
})

t.test('any other server has one', async (t) => {
  const base = 'https://dmp.example.org/fhir'
  t.equal(pathBelow(`${base}/Patient/1`, base), 'Patient/1')
  t.equal(pathBelow('Patient/1', base), undefined)
  t.equal(pathBelow('https://127.0.0.1/fhir/Patient/1', base), undefined)
})
