// Preloaded by npm scripts: says in one sentence what an older Node could only say as a stack.
const { versions, stderr, exit } = process
if (Number(versions.node.split('.')[0]) < 24) {
  stderr.write(
    `Passerelle needs Node 24 or newer, and this is ${versions.node}. On Linux and Windows "npm ci" brings it; elsewhere install it from https://nodejs.org.\n`,
  )
  exit(1)
}
