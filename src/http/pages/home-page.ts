/** The page at `/`: what this server is, and the next step of somebody who has just started it. */
import { escapeHtml, renderPage } from './page.ts'

export interface HomePageFacts {
  readonly baseUrl: string
  readonly version: string
  readonly ready: boolean
  readonly reason?: string | undefined
}

export function renderHomePage({ baseUrl, version, ready, reason }: HomePageFacts): string {
  const base = escapeHtml(baseUrl)
  const state = ready
    ? '<p>Le serveur est prêt.</p>'
    : `<p class="notice" role="status">Le serveur n’est pas encore prêt : ${escapeHtml(french(reason))}. Rechargez la page dans un instant.</p>`
  return renderPage({
    title: 'Passerelle, serveur FHIR R4 français',
    body: `
<h1>Votre serveur FHIR est en marche</h1>
<p>Passerelle ${escapeHtml(version)} répond à l’adresse <code>${base}</code>. FHIR R4 (4.0.1), JSON.</p>
${state}
<p class="notice">Accès ouvert (<code>AUTH=open</code>) : aucune authentification, uniquement depuis cette machine.
Les personnes et les documents de démonstration sont inventés.</p>
<h2>Regarder</h2>
<ul class="links">
${link(`${base}/metadata?_pretty=true`, 'CapabilityStatement', 'tout ce que le serveur sait faire, déduit de ses routes')}
${link(`${base}/Patient?_pretty=true`, 'Patients de démonstration', 'noms accentués, INS de test')}
${link(`${base}/DocumentReference?status=current&amp;_sort=-date&amp;_pretty=true`, 'Documents, du plus récent au plus ancien', 'fiches PDSm ; chaque attachment.url mène aux octets')}
${link(`${base}/_history?_count=5&amp;_pretty=true`, 'Dernières écritures', 'historique de tout le serveur')}
${link('/health/ready', 'État du serveur', 'et <a href="/metrics">mesures Prometheus</a>')}
</ul>
<h2>Chercher un patient par son nom, sans se soucier des accents</h2>
<pre>curl '${base}/Patient?name=helene'</pre>
<h2>Trouver les documents d’un patient par son INS</h2>
<pre>curl -X POST '${base}/DocumentReference/_search' \\
  -d 'patient.identifier=urn:oid:1.2.250.1.213.1.4.10|MATRICULE&amp;status=current'</pre>
<h2>Déposer une ressource</h2>
<pre>curl '${base}/Organization' -H 'Content-Type: application/fhir+json' \\
  -d '{"resourceType":"Organization","name":"Cabinet médical des Tilleuls"}'</pre>
<h2>Rejouer tout le parcours d’un document</h2>
<pre>npm run demo</pre>
<p>Dépôt d’un lot (CDA et PDF), recherche par INS, lecture des mêmes octets, remplacement, historique.</p>`,
  })
}

function link(href: string, name: string, note: string): string {
  return `<li><a href="${href}">${name}</a><small>${note}</small></li>`
}

function french(reason: string | undefined): string {
  return reason === 'demonstration data is being loaded'
    ? 'les données de démonstration se chargent'
    : (reason ?? 'démarrage en cours')
}
