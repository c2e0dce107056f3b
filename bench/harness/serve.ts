/** `passerelle serve` under a name of its own, so that it can be told from a developer's server. */
import { serve } from '../../src/cli/serve.ts'

await serve()
