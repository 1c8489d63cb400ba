/** Whether the node-rdkafka in `folder` is compiled for this version of Node. */
export function isCompiled(folder: string): boolean;
