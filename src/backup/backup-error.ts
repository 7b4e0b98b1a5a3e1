/** What stands in the way of a backup or a restore: a sentence for whoever asked for it. */
export class BackupError extends Error {}
