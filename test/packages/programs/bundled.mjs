import { deliver } from './deliver.mjs';

deliver().then(console.log, (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
