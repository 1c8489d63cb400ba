/**
 * The package for `require('outspool')` in Node and in Jest. Both know the condition `node-addons` of package.json. Compilers and
 * bundlers do not, so they see the ES module alone.
 */

const { requireModule } = require('./shared/modules/require-module.cjs');

module.exports = requireModule(() => require('./index.js'));
