/** Whose record an application opens, for somebody who acts for others. */
import type { InteractionStep } from '../../auth/interactions.ts'
import { formStyle, hiddenFields, refuseButton } from './login-form.ts'
import { escapeHtml, renderPage } from './page.ts'

type PatientStep = Extract<InteractionStep, { kind: 'patient' }>

export function renderPatientPickerPage({ client, account, patients, csrf }: PatientStep): string {
  const buttons = patients.map(
    ({ id, name }) =>
      `<li><button class="choice" name="patient" value="${escapeHtml(id)}"><span>${escapeHtml(name)}</span><small>${
        id === account.patient ? 'Votre propre dossier' : 'Dossier que vous pouvez ouvrir'
      }</small></button></li>`,
  )
  return renderPage({
    title: 'Choisir un dossier',
    body: `${formStyle}
<h1>Quel dossier ouvrir ?</h1>
<p>${escapeHtml(account.name)}, <strong>${escapeHtml(client.name)}</strong> verra le dossier que vous choisissez, et aucun autre.</p>
<form method="post">
${hiddenFields({ csrf })}
<ul class="choices">
${buttons.join('\n')}
</ul>
${refuseButton('Annuler et revenir à l’application')}
</form>`,
  })
}
