/** The pages of rules: the list of all keys, and what one means. French first, then English. */
import type { Bilingual, RuleText } from '../../fhir/rule-text.ts'
import { escapeHtml, renderPage } from './page.ts'

/** Rules of one origin, in the order of the page. */
export interface RuleGroup {
  readonly title: Bilingual
  readonly texts: readonly RuleText[]
}

export function renderRulesPage(groups: readonly RuleGroup[]): string {
  const count = groups.reduce((sum, { texts }) => sum + texts.length, 0)
  return renderPage({
    title: 'Règles',
    current: 'rules',
    body: `
<h1>Les règles que le serveur vérifie</h1>
<p>Chaque problème d’un OperationOutcome nomme sa règle dans <code>details.coding.code</code>. Voici les ${count} clés ; chacune a sa page, avec la cause, le remède et la source.</p>
<p lang="en">Each issue of an OperationOutcome names its rule in <code>details.coding.code</code>. Every key has a page with cause, cure and source.</p>
<nav aria-label="Groupes de règles"><ul>
${groups.map(({ title }, index) => `<li><a href="#groupe-${index + 1}">${escapeHtml(title.fr)}</a></li>`).join('\n')}
</ul></nav>
${groups.map(renderGroup).join('\n')}`,
  })
}

function renderGroup({ title, texts }: RuleGroup, index: number): string {
  const rows = texts.map(
    ({ key, title: { fr, en } }) =>
      `<li><a href="/rules/${encodeURIComponent(key)}"><code>${escapeHtml(key)}</code></a>${fr === en ? '' : `<span>${escapeHtml(fr)}</span>`}<span class="en" lang="en">${escapeHtml(en)}</span></li>`,
  )
  return `<h2 id="groupe-${index + 1}">${escapeHtml(title.fr)} <small lang="en">(${escapeHtml(title.en)})</small></h2>
<ul class="rules">
${rows.join('\n')}
</ul>`
}

export function renderRulePage(text: RuleText): string {
  const { key, title, cause, cure, source } = text
  return renderPage({
    title: `Règle ${key}`,
    body: `
<h1>Règle <code>${escapeHtml(key)}</code></h1>
<div class="columns">
<section>
<h2>En français</h2>
${title.fr === title.en ? '' : `<p><strong>${escapeHtml(title.fr)}</strong></p>`}
<h3>Cause</h3><p>${escapeHtml(cause.fr)}</p>
<h3>Remède</h3><p>${escapeHtml(cure.fr)}</p>
</section>
<section lang="en">
<h2>In English</h2>
<p><strong>${escapeHtml(title.en)}</strong></p>
<h3>Cause</h3><p>${escapeHtml(cause.en)}</p>
<h3>Cure</h3><p>${escapeHtml(cure.en)}</p>
</section>
</div>
<h2>Source</h2>
<p>${renderSource(source)}</p>
<p><a href="/rules">Toutes les règles</a></p>`,
  })
}

function renderSource(source: string): string {
  const text = escapeHtml(source)
  return /^https?:\/\/\S+$/.test(source) ? `<a href="${text}">${text}</a>` : text
}

export function renderUnknownRulePage(key: string): string {
  return renderPage({
    title: 'Règle inconnue',
    body: `
<h1>Cette règle n’est pas connue</h1>
<p>Le serveur n’a pas de règle <code>${escapeHtml(key.slice(0, 100))}</code>. Elle peut venir d’un profil qui n’est plus chargé.</p>
<p lang="en">This server knows no rule of that key. It may come from a profile that is no longer loaded.</p>
<p><a href="/rules">Toutes les règles</a></p>`,
  })
}
