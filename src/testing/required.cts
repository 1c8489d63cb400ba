/** The package for `require('outspool/testing')`. */

const { requireModule } = require('../shared/modules/require-module.cjs');

module.exports = requireModule(() => require('./index.js'));
