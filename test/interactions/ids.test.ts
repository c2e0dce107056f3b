import t from 'tap'
import { createIdMaker } from '../../src/interactions/ids.ts'

const maker = () => createIdMaker(Buffer.alloc(32, 7), () => 1_800_000_000_000)

t.test('makes ids that never repeat, in the bucket of their patient', async (t) => {
  const ids = maker()
  const patient = ids.own()
  const made = Array.from({ length: 5000 }, () => ids.of(patient))
  t.equal(new Set(made).size, made.length)
  for (const id of made) {
    t.match(id, /^[0-9a-hjkmnp-tv-z]{28}$/)
    if (id.slice(0, 2) !== patient.slice(0, 2)) t.fail(`${id} is in another bucket`)
  }
})

t.test('gives a patient with an id of its own choice one bucket for ever', async (t) => {
  const bucket = maker().of('demo-patient-01').slice(0, 2)
  t.equal(maker().of('demo-patient-01').slice(0, 2), bucket)
})
