/** Lets every failing property report the error of its counterexample, which fast-check otherwise keeps in `cause`. */

import fc from 'fast-check';

fc.configureGlobal({ ...fc.readConfigureGlobal(), includeErrorInReport: true });
