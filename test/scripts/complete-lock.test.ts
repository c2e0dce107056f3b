import { readFileSync } from 'node:fs'
import t from 'tap'
import { missingPackages, type Lock } from '../../scripts/complete-lock.ts'

t.test('finds the packages of other platforms that a lock lacks', async (t) => {
  const lock: Lock = {
    packages: {
      'node_modules/tool': {
        version: '1.0.0',
        dev: true,
        optionalDependencies: {
          '@tool/binding-linux-x64-gnu': '1.0.0',
          '@tool/binding-linux-arm-musleabihf': '1.0.0',
          '@tool/binding-darwin-arm64': '1.0.0',
          '@tool/binding-win32-x64-msvc': '1.0.0',
          fsevents: '^2.0.0',
        },
      },
      'node_modules/@tool/binding-linux-x64-gnu': { version: '1.0.0' },
    },
  }
  const shared = { version: '1.0.0', dev: true, optional: true }
  t.strictSame(Object.fromEntries(missingPackages(lock)), {
    '@tool/binding-linux-arm-musleabihf': {
      cpu: ['arm'],
      os: ['linux'],
      libc: ['musl'],
      ...shared,
    },
    '@tool/binding-darwin-arm64': { cpu: ['arm64'], os: ['darwin'], ...shared },
    '@tool/binding-win32-x64-msvc': { cpu: ['x64'], os: ['win32'], ...shared },
  })
})

t.test('the lock of this project is complete: `npm ci` accepts it', async (t) => {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock
  t.strictSame([...missingPackages(lock).keys()], [], 'run npm run lock')
})
