/** The package for `require('outspool/testing')`, as in `required.cts` of the folder above. */

const { requireModule } = require('../shared/modules/require-module.cjs');

module.exports = requireModule(() => require('./index.js'));
