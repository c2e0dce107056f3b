/** Every rule key of the national rules has a page: title, cause, cure in both languages, and a source. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { requestRuleTexts } from '../../src/fhir/request-rule-texts.ts'
import { dmpRuleTexts } from '../../src/national/dmp/dmp-rule-texts.ts'
import { insRuleTexts } from '../../src/national/ins/ins-rule-texts.ts'

const folder = fileURLToPath(new URL('../../src/national/', import.meta.url))
const texts = [...dmpRuleTexts, ...insRuleTexts]

/** The keys that the code names, after `rule:`. */
function usedKeys(): ReadonlySet<string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('rule-texts.ts'),
  )
  const keys = files.flatMap((name) => {
    const source = readFileSync(folder + name, 'utf8')
    return [...source.matchAll(/rule: ([^\n]+)/g)].flatMap(([, expression]) =>
      [...expression!.matchAll(/'((?:dmp|pdsm|ins|registry|constr)-[A-Za-z-]+)'/g)].map(
        ([, key]) => key!,
      ),
    )
  })
  return new Set(keys)
}

t.test('each key that is used has a text, and each text is of a key in use', async (t) => {
  const used = usedKeys()
  const known = texts.map(({ key }) => key)
  t.ok(used.size >= 35, `${used.size} keys`)
  t.same(
    [...used].filter((key) => !known.includes(key as (typeof known)[number])),
    [],
  )
  t.same(
    known.filter((key) => !used.has(key)),
    [],
  )
  t.equal(new Set(known).size, known.length, 'no key twice')
})

t.test('each text says cause and cure in French and English, and its source', async (t) => {
  for (const { key, source, title, cause, cure } of [...texts, ...requestRuleTexts]) {
    for (const text of [title, cause, cure]) {
      t.match(text.fr, /^\S.{10,}[.)]$/s, `${key}: ${text.fr}`)
      t.match(text.en, /^\S.{10,}[.)]$/s, `${key}: ${text.en}`)
      t.not(text.fr, text.en, key)
    }
    t.match(source, /PDSm|MHD|DMP|R4|INS|RNIV|FR Core|[Dd]écision/, key)
  }
})
