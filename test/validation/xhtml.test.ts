import t from 'tap'
import { readXhtml } from '../../src/validation/xhtml.ts'

const div = (inside: string) =>
  readXhtml(`<div xmlns="http://www.w3.org/1999/xhtml">${inside}</div>`)

t.test('accepts what a narrative may hold', async (t) => {
  const inside =
    '<p id="a" class=\'x\'>A &amp; &#233; <b>b</b><br/><img src="#i" alt="x" /></p>' +
    '<table border="1"><tr><td colspan="2" nowrap="nowrap">1</td></tr></table>' +
    '<!-- note --><a href="#a" name="n">up</a>'
  const report = div(inside)
  t.equal(report.malformed, undefined)
  t.same(report.forbidden, [])
  t.ok(report.hasContent)
  t.same([...report.anchors], ['a', 'n'])
  t.same(report.links, ['i', 'a'])
})

t.test('refuses what is active or not meant for narratives', async (t) => {
  const forbidden = [
    '<script>x</script>',
    '<p onclick="x">x</p>',
    '<a href="javascript:x">x</a>',
    '<a href=" java&#x0A;script:x">x</a>',
    // Frames are chapter 16 of HTML 4; a narrative ends at 15.
    '<a href="#x" target="_blank">x</a>',
    '<form>x</form>',
    '<iframe src="x">x</iframe>',
    '<p><table><tr><td>x</td></tr></table></p>',
    '<p xmlns="http://other">x</p>',
    '<P>x</P>',
  ]
  for (const inside of forbidden) t.not(div(inside).forbidden.length, 0, inside)
  t.not(readXhtml('<p xmlns="http://www.w3.org/1999/xhtml">x</p>').forbidden.length, 0)
  t.not(readXhtml('<div>x</div>').forbidden.length, 0)
})

t.test('refuses what is not well-formed', async (t) => {
  const malformed = [
    '<p>x',
    '<p>x</b>',
    '<p a>x</p>',
    '<p a=b>x</p>',
    '<p a="<">x</p>',
    '<p id="1" id="2">x</p>',
    'a & b',
    '&unfinished',
    'a < b',
    '<![CDATA[x]]>',
    '<?php x ?>',
    '<!-- x',
  ]
  for (const inside of malformed) t.ok(div(inside).malformed, inside)
  for (const text of ['x', '', '<div', '<div xmlns="x">x</div>y', '<div/><div/>'])
    t.ok(readXhtml(text).malformed, text)
})

t.test('sees that there is nothing to read', async (t) => {
  t.notOk(div(' \n<br/> ').hasContent)
})
