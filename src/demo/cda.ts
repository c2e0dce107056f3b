/**
 * A small CDA R2 document with the header that the CI-SIS asks for and sections of text. Written
 * for demonstration: it claims no content model.
 */
import type { DocumentFacts } from './document-facts.ts'
import { cdaTime } from './dates.ts'
import { idnpsSystem, idnstSystem } from '../national/ins/registry-keys.ts'

/** The bytes of the document, UTF-8. */
export function writeCda(facts: DocumentFacts): Buffer {
  return Buffer.from(
    [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
      ...header(facts),
      recordTarget(facts),
      author(facts),
      custodian(facts),
      legalAuthenticator(facts),
      documentationOf(facts),
      componentOf(facts),
      '<component><structuredBody>',
      ...facts.sections.map(section),
      '</structuredBody></component>',
      '</ClinicalDocument>',
      '',
    ].join('\n'),
    'utf8',
  )
}

function header({ oid, type, title, created }: DocumentFacts): string[] {
  const systemOid = type.system === 'http://loinc.org' ? '2.16.840.1.113883.6.1' : type.oid
  return [
    '<realmCode code="FR"/>',
    '<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>',
    '<templateId root="2.16.840.1.113883.2.8.2.1"/>',
    '<templateId root="1.2.250.1.213.1.1.1.1"/>',
    `<id root="${oid}"/>`,
    `<code ${attributes({ code: type.code, displayName: type.display, codeSystem: systemOid })}/>`,
    `<title>${escape(title)}</title>`,
    `<effectiveTime value="${cdaTime(created)}"/>`,
    '<confidentialityCode code="N" displayName="Normal" codeSystem="2.16.840.1.113883.5.25"/>',
    '<languageCode code="fr-FR"/>',
    `<setId root="${oid}"/>`,
    '<versionNumber value="1"/>',
  ]
}

function recordTarget({ patient }: DocumentFacts): string {
  const { gender, birthDate, ins, birthFamily, birthGiven, usualFamily, birthPlaceCode } = patient
  const sex = gender === 'male' ? ['M', 'Masculin'] : ['F', 'Féminin']
  const place = `<birthplace><place><addr><county>${escape(birthPlaceCode)}</county></addr></place></birthplace>`
  return [
    '<recordTarget><patientRole>',
    `<id ${attributes({ root: ins.system.replace('urn:oid:', ''), extension: ins.value })}/>`,
    '<addr nullFlavor="NASK"/><telecom nullFlavor="NASK"/>',
    '<patient><name>',
    `<given>${escape(birthGiven.join(' '))}</given>`,
    `<given qualifier="BR">${escape(birthGiven[0]!)}</given>`,
    `<family qualifier="BR">${escape(birthFamily)}</family>`,
    `<family qualifier="SP">${escape(usualFamily)}</family>`,
    '</name>',
    `<administrativeGenderCode ${attributes({ code: sex[0]!, displayName: sex[1]!, codeSystem: '2.16.840.1.113883.5.1' })}/>`,
    `<birthTime value="${birthDate.replaceAll('-', '')}"/>`,
    `${place}</patient></patientRole></recordTarget>`,
  ].join('\n')
}

function person({ author }: DocumentFacts): string {
  const { rpps, prefix, given, family } = author
  const [code, display] = author.profession
  return [
    `<id root="${oidOf(idnpsSystem)}" extension="8${rpps}"/>`,
    `<code ${attributes({ code, displayName: display, codeSystem: '1.2.250.1.71.1.2.7' })}/>`,
    '<addr nullFlavor="NASK"/><telecom value="tel:+33465710101" use="WP"/>',
    '<assignedPerson><name>',
    `<prefix>${prefix}</prefix><given>${escape(given)}</given><family>${escape(family)}</family>`,
    '</name></assignedPerson>',
  ].join('\n')
}

function represented(name: string, { author }: DocumentFacts): string {
  const { finess, name: label } = author.establishment
  return `<${name}><id root="${oidOf(idnstSystem)}" extension="1${finess}"/><name>${escape(label)}</name></${name}>`
}

function author(facts: DocumentFacts): string {
  const role = `${person(facts)}\n${represented('representedOrganization', facts)}`
  return `<author><time value="${cdaTime(facts.created)}"/><assignedAuthor>\n${role}\n</assignedAuthor></author>`
}

function custodian(facts: DocumentFacts): string {
  const inner = represented('representedCustodianOrganization', facts)
  return `<custodian><assignedCustodian>${inner}</assignedCustodian></custodian>`
}

function legalAuthenticator(facts: DocumentFacts): string {
  return [
    `<legalAuthenticator><time value="${cdaTime(facts.created)}"/><signatureCode code="S"/>`,
    `<assignedEntity>\n${person(facts)}\n${represented('representedOrganization', facts)}\n</assignedEntity>`,
    '</legalAuthenticator>',
  ].join('\n')
}

function documentationOf(facts: DocumentFacts): string {
  return [
    '<documentationOf><serviceEvent>',
    `<effectiveTime><low value="${cdaTime(facts.actStart)}"/></effectiveTime>`,
    `<performer typeCode="PRF"><assignedEntity>\n${person(facts)}\n</assignedEntity></performer>`,
    '</serviceEvent></documentationOf>',
  ].join('\n')
}

function componentOf({ actStart, author }: DocumentFacts): string {
  const { facilityType } = author.establishment
  const [facility] = Array.isArray(facilityType.coding) ? facilityType.coding : []
  const code =
    typeof facility === 'object' && facility !== null && !Array.isArray(facility)
      ? String(facility.code)
      : ''
  return [
    '<componentOf><encompassingEncounter>',
    `<effectiveTime><low value="${cdaTime(actStart)}"/></effectiveTime>`,
    `<location><healthCareFacility><code code="${escape(code)}" codeSystem="1.2.250.1.71.4.2.4"/></healthCareFacility></location>`,
    '</encompassingEncounter></componentOf>',
  ].join('\n')
}

function section({ title, lines }: DocumentFacts['sections'][number]): string {
  const paragraphs = lines.map((line) => `<paragraph>${escape(line)}</paragraph>`).join('')
  return `<component><section><title>${escape(title)}</title><text>${paragraphs}</text></section></component>`
}

function oidOf(system: string): string {
  return system.replace('urn:oid:', '')
}

function attributes(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escape(value)}"`)
    .join(' ')
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
