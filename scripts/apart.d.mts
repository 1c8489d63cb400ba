/** Installs what `npm/FOLDER` names, when it is first needed, and returns the path of the package `name` in node_modules. */
export function installApart(folder: string, name: string): string;
