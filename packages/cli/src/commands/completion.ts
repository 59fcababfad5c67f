import type { Command, Option } from "commander";
import { namesBelow } from "../command-line-error.js";
import type { Shell } from "../shells.js";

/** What can be completed after a command. */
interface Place {
  /** The command's words, such as "weights pull"; empty for the main one. */
  readonly path: string;
  readonly below: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly PlaceOption[];
  /** The words that an argument may be; absent where arguments are files, or there are none. */
  readonly words?: readonly string[];
  /** Whether an argument may be a file. */
  readonly takesFiles: boolean;
}

interface PlaceOption {
  /** "-s" and "--size". */
  readonly flags: readonly string[];
  readonly description: string;
  /** Absent where the option is a switch. */
  readonly value?: { readonly name: string; readonly choices: readonly string[]; readonly isFile: boolean };
}

/** A script that makes a shell complete the commands, options, and their values; files are left to the shell. */
export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program, []);
  return { bash: bashScript, zsh: zshScript, fish: fishScript, powershell: powershellScript }[shell](places);
}

function placesOf(command: Command, path: readonly string[]): readonly Place[] {
  const below = command.createHelp().visibleCommands(command);
  const main = command.parent ?? command;
  const words = path[0] === "help" ? namesBelow(main) : argumentChoices(command);
  return [
    {
      path: path.join(" "),
      below: below.map((one) => ({ name: one.name(), description: one.description() })),
      options: command.createHelp().visibleOptions(command).map(placeOption),
      ...(words && { words }),
      takesFiles:
        words === undefined && command.registeredArguments.some((one) => fileArguments.has(one.name())),
    },
    ...below.flatMap((one) => placesOf(one, [...path, one.name()])),
  ];
}

/** The arguments that are files. */
const fileArguments: ReadonlySet<string> = new Set(["content", "style", "picture", "image", "checkpoint"]);

function argumentChoices(command: Command): readonly string[] | undefined {
  return command.registeredArguments.find(({ argChoices }) => argChoices !== undefined)?.argChoices;
}

function placeOption(option: Option): PlaceOption {
  const { flags, description, short, long } = option;
  const name = flags.match(/[<[](.*)[>\]]$/)?.[1];
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description,
    ...(name !== undefined && {
      value: { name, choices: option.argChoices ?? [], isFile: /^(FILE|FOLDER|OUT|START)$/.test(name) },
    }),
  };
}

const heading = "# Completions for brushwork: generated, so make them anew after an update.";

function bashScript(places: readonly Place[]): string {
  const words = places.flatMap(({ path, below, words = [], options, takesFiles }) => {
    const flags = options.flatMap((option) => option.flags);
    const names = [...below.map(({ name }) => name), ...words];
    return [
      `  "${path}|-"*) _brushwork_reply no ${flags.join(" ")} ;;`,
      `  "${path}|"*) _brushwork_reply ${takesFiles ? "files" : "no"} ${names.join(" ")} ;;`,
    ];
  });
  return `${heading}
_brushwork_reply() {
  local kind="$1" IFS=$'\\n'
  shift
  COMPREPLY=($(compgen -W "$*" -- "$cur"))
  if [[ $kind == files ]]; then
    COMPREPLY+=($(compgen -f -- "$cur"))
    compopt -o filenames 2> /dev/null
  fi
}

_brushwork() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" at=$((COMP_CWORD - 1)) command="" next i
  # The word "--size=512" comes in three parts.
  if [[ $cur == = ]]; then
    cur=""
  elif [[ \${COMP_WORDS[at]} == = ]]; then
    at=$((at - 1))
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${command:+$command }\${COMP_WORDS[i]}"
    case "$next" in
    ${commandPatterns(places)}) command="$next" ;;
    *) break ;;
    esac
  done
  case "$command|\${COMP_WORDS[at]}" in
${valueCases(places, ({ choices, isFile }) => `_brushwork_reply ${isFile ? "files" : "no"} ${choices.join(" ")};`)}
  esac
  case "$command|$cur" in
${words.join("\n")}
  esac
}

complete -F _brushwork brushwork
`;
}

function zshScript(places: readonly Place[]): string {
  const described = (name: string, description: string) =>
    shellWord(`${name.replaceAll(":", "\\:")}:${description}`);
  const cases = places.map(({ path, below, words = [], options, takesFiles }) => {
    const flags = options.flatMap((option) =>
      option.flags.map((flag) => described(flag, option.description)),
    );
    const names = [
      ...below.map(({ name, description }) => described(name, description)),
      ...words.map((word) => described(word, "")),
    ];
    return [
      `  "${path}")`,
      `    flags=(${flags.join("\n      ")})`,
      `    names=(${names.join("\n      ")})`,
      `    files=${takesFiles ? 1 : 0} ;;`,
    ].join("\n");
  });
  return `#compdef brushwork
${heading}
_brushwork() {
  local command="" next before="\${words[CURRENT-1]}"
  local -a flags names
  integer i files
  if [[ $PREFIX == --*=* ]]; then before="\${PREFIX%%=*}"; compset -P '*='; fi
  for ((i = 2; i < CURRENT; i++)); do
    next="\${command:+$command }\${words[i]}"
    case "$next" in
    ${commandPatterns(places)}) command="$next" ;;
    *) break ;;
    esac
  done
  case "$command|$before" in
${valueCases(places, ({ choices, isFile }) =>
  [choices.length > 0 ? `compadd -- ${choices.map(shellWord).join(" ")};` : "", isFile ? "_files;" : ""].join(
    " ",
  ),
)}
  esac
  case "$command" in
${cases.join("\n")}
  esac
  if [[ $PREFIX == -* ]]; then
    _describe option flags
    return
  fi
  (($#names)) && _describe command names
  ((files)) && _files
}

# From a folder of $fpath the file is the function; read by "source", it is not.
if [[ $funcstack[1] == _brushwork ]]; then _brushwork "$@"; else compdef _brushwork brushwork; fi
`;
}

function fishScript(places: readonly Place[]): string {
  const rows = places.flatMap(({ path, below, words = [], options, takesFiles }) => {
    const row = (...parts: readonly string[]) =>
      ["complete -c brushwork -n", shellWord(`__brushwork_at "${path}"`), ...parts].join(" ");
    return [
      row(takesFiles ? "-F" : "-f"),
      ...below.map(({ name, description }) => row("-a", name, "-d", shellWord(description))),
      ...words.map((word) => row("-a", word)),
      ...options.map(({ flags, description, value }) =>
        row(
          ...flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)),
          ...(value === undefined ? [] : [value.isFile ? "-r -F" : "-x"]),
          ...(value && value.choices.length > 0 ? ["-a", shellWord(value.choices.join(" "))] : []),
          "-d",
          shellWord(description),
        ),
      ),
    ];
  });
  return `${heading}
# Whether the words so far lead to this command and no further.
function __brushwork_at
    set -l command ""
    for word in (commandline -opc)[2..-1]
        set -l next (string trim -- "$command $word")
        switch $next
            case ${pathsOf(places).map(shellWord).join(" ")}
                set command $next
            case "*"
                break
        end
    end
    test "$command" = "$argv[1]"
end
complete -c brushwork -e
${rows.join("\n")}
`;
}

function powershellScript(places: readonly Place[]): string {
  const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
  const list = (values: readonly string[]) => `@(${values.map(text).join(", ")})`;
  const rows = places.map(({ path, below, words = [], options }) => {
    const values = options.flatMap(({ flags, value }) =>
      value === undefined ? [] : flags.map((flag) => `${text(flag)} = ${list(value.choices)}`),
    );
    const flags = options.flatMap((option) =>
      option.flags.map((flag) => `${text(flag)} = ${text(option.description)}`),
    );
    const names = [
      ...below.map(({ name, description }) => `${text(name)} = ${text(description)}`),
      ...words.map((word) => `${text(word)} = ${text(word)}`),
    ];
    const table = (entries: readonly string[]) => `[ordered]@{ ${entries.join("; ")} }`;
    return `    ${text(path)} = @{ Flags = ${table(flags)}; Names = ${table(names)}; Values = @{ ${values.join("; ")} } }`;
  });
  return `${heading}
Register-ArgumentCompleter -Native -CommandName brushwork -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $places = @{
${rows.join("\n")}
  }
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($wordToComplete -ne '') { $words = @($words | Select-Object -SkipLast 1) }
  $command = ''
  foreach ($word in $words) {
    $next = "$command $word".Trim()
    if (-not $places.ContainsKey($next)) { break }
    $command = $next
  }
  $place = $places[$command]
  $before = if ($words.Count -gt 0) { $words[-1] } else { '' }
  if ($place.Values.ContainsKey($before)) {
    # Where there are none, PowerShell completes the names of files.
    $found = @{}
    foreach ($choice in $place.Values[$before]) { $found[$choice] = $choice }
  } elseif ($wordToComplete.StartsWith('-')) {
    $found = $place.Flags
  } else {
    $found = $place.Names
  }
  $found.GetEnumerator() | Where-Object { $_.Key -like "$wordToComplete*" } | ForEach-Object {
    $tip = if ($_.Value) { $_.Value } else { $_.Key }
    [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, 'ParameterValue', $tip)
  }
}
`;
}

/** The commands below the main one, at all depths. */
function pathsOf(places: readonly Place[]): readonly string[] {
  return places.map(({ path }) => path).filter((path) => path !== "");
}

function commandPatterns(places: readonly Place[]): string {
  return pathsOf(places)
    .map((path) => `"${path}"`)
    .join(" | ");
}

/** Cases of "command|option" for the options that have values. */
function valueCases(
  places: readonly Place[],
  reply: (value: NonNullable<PlaceOption["value"]>) => string,
): string {
  return places
    .flatMap(({ path, options }) =>
      options.flatMap(({ flags, value }) =>
        value === undefined
          ? []
          : [`  ${flags.map((flag) => `"${path}|${flag}"`).join(" | ")}) ${reply(value)} return ;;`],
      ),
    )
    .join("\n");
}

/** Text as one word of a shell, whatever is in it. */
function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
