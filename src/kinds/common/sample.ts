/** The settings of a kind that `produce init` writes into a new configuration, with a comment each. */

export interface SampleSetting {
  /** A line of YAML. An indented one belongs to the line before it that is not. `{name}` stands for the producer's name. */
  readonly yaml: string;
  /** What the setting does, for a comment behind it. */
  readonly why: string;
  /** Whether the setting is in effect. The others are written as comments. @default false */
  readonly isSet?: boolean;
}

export interface Sample {
  /** Where messages go, for a comment above the definition. */
  readonly what: string;
  readonly settings: readonly SampleSetting[];
  /** The page that describes all settings. */
  readonly page: string;
}
