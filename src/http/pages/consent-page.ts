/** Who asks, for what, why and for how long: what a citizen agrees to or refuses (decision 25). */
import type { ConsentStep } from '../../auth/interactions.ts'
import type { SmartScope } from '../../auth/smart-scope.ts'
import { describeScope } from './consent-scope-texts.ts'
import { formStyle, hiddenFields } from './login-form.ts'
import { escapeHtml, renderPage } from './page.ts'

export function renderConsentPage(step: ConsentStep): string {
  const { client, account, patient, csrf } = step
  const isThirdParty = client.party === 'third'
  const fields = patient ? { csrf, patient: patient.id } : { csrf }
  return renderPage({
    title: 'Donner votre accord',
    body: `${formStyle}
<h1>${escapeHtml(client.name)} demande votre accord</h1>
<p>Vous êtes connecté(e) comme <strong>${escapeHtml(account.name)}</strong>.
L’application est proposée par <strong>${escapeHtml(client.publisher)}</strong>.</p>
${patient ? `<p>Dossier concerné : <strong>${escapeHtml(patient.name)}</strong>.</p>` : ''}
${client.purpose === undefined ? '' : `<h2>Pourquoi</h2><p>${escapeHtml(client.purpose)}</p>`}
<form method="post">
${hiddenFields(fields)}
${isThirdParty ? choices(step.scopes.smart) : list(step.scopes.smart)}
${renderPlainScopes(step)}
${isThirdParty ? renderDays(step.days) : ''}
${isThirdParty ? thirdPartyNotice : ''}
<p class="actions">
<button class="main" name="action" value="allow">Autoriser</button>
<button class="plain" name="action" value="refuse">Refuser</button>
<button class="plain" name="action" value="switch">Ce n’est pas moi : changer de personne</button>
</p>
</form>`,
  })
}

const thirdPartyNotice =
  '<p class="notice">Cette application ne verra jamais ce qui vous est caché, ce qui est masqué aux professionnels, ni les documents les plus sensibles. Vous pourrez retirer votre accord à tout moment ; l’accès cesse aussitôt.</p>'

function choices(scopes: readonly SmartScope[]): string {
  const boxes = scopes.map(
    (scope) =>
      `<label><input type="checkbox" name="scope" value="${escapeHtml(scope.text)}" checked> ${escapeHtml(describeScope(scope))}</label>`,
  )
  return `<fieldset><legend>Ce que l’application pourra faire</legend>\n${boxes.join('\n')}\n</fieldset>`
}

function list(scopes: readonly SmartScope[]): string {
  if (scopes.length === 0) return ''
  const items = scopes.map((scope) => `<li>${escapeHtml(describeScope(scope))}</li>`)
  return `<h2>Ce que l’application pourra faire</h2>\n<ul>\n${items.join('\n')}\n</ul>`
}

function renderPlainScopes({ scopes: { plain } }: ConsentStep): string {
  const sentences = [
    ...(plain.includes('fhirUser') ? ['Elle saura qui vous êtes.'] : []),
    ...(plain.includes('offline_access')
      ? ['Elle pourra accéder à ces données même quand vous ne l’utilisez pas.']
      : []),
  ]
  return sentences.length === 0 ? '' : `<p>${sentences.join(' ')}</p>`
}

const dayNames: Readonly<Record<number, string>> = {
  1: 'un jour',
  30: 'un mois',
  90: 'trois mois',
  365: 'un an',
}

function renderDays(days: readonly number[]): string {
  const options = days.map(
    (day) => `<option value="${day}">${dayNames[day] ?? `${day} jours`}</option>`,
  )
  return `<p><label>Pour combien de temps ? <select name="days">${options.join('')}</select></label></p>`
}
