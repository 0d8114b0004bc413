/**
 * `spectral-norm completion SHELL`: a script by which a shell completes commands, options, their values and files. All of
 * it comes from what commands declare.
 *
 * @module
 */
import { OptionError } from "../engine/errors.js";
import type { Command, Flag } from "./command.js";
import { exitCodes } from "./exit.js";

type Commands = ReadonlyMap<string, Command>;

const scripts: Readonly<Record<string, (commands: Commands) => string>> = { bash, zsh, fish };
const shells = Object.keys(scripts);

/** The command, over all commands, itself among them. */
export function completionCommand(commands: Commands): Command {
  return {
    usage: shells.join("|"),
    summary: "A script that completes commands and options in a shell.",
    flags: {},
    choices: shells,
    examples: [
      ["In ~/.bashrc", 'eval "$(spectral-norm completion bash)"'],
      ["In ~/.zshrc, after compinit", 'eval "$(spectral-norm completion zsh)"'],
      ["In ~/.config/fish/config.fish", "spectral-norm completion fish | source"],
    ],
    async run(args) {
      const script = args.length === 1 ? scripts[args[0] as string] : undefined;
      if (script === undefined || !shells.includes(args[0] as string)) {
        throw new OptionError(`expected a shell, one of ${shells.join(", ")}, got ${args.join(" ") || "nothing"}`);
      }
      process.stdout.write(script(commands));
      return exitCodes.ok;
    },
  };
}

const general: Readonly<Record<string, Flag>> = { help: { help: "Show this" } };

function flagsOf({ flags }: Command): readonly (readonly [name: string, flag: Flag])[] {
  return Object.entries({ ...flags, ...general });
}

function bash(commands: Commands): string {
  const cases = [...commands].map(([name, command]) => {
    const flags = flagsOf(command);
    const files = flags.filter(([, { isFile }]) => isFile).map(([flag]) => `--${flag}`);
    const others = flags.filter(([, { value, isFile }]) => value && !isFile);
    const values = others.map(([flag, { choices = [] }]) => `    ${name}:--${flag}) words="${choices.join(" ")}" ;;`);
    const own = files.length === 0 ? [] : [`    ${files.map((flag) => `${name}:${flag}`).join("|")}) takes_files=1 ;;`];
    const rest = `words="${flags.map(([flag]) => `--${flag}`).join(" ")} ${(command.choices ?? []).join(" ")}"`;
    return [...values, ...own, `    ${name}:*) ${rest}${command.takesFiles ? "; takes_files=1" : ""} ;;`].join("\n");
  });
  return `_spectral_norm() {
  local word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words="" takes_files=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${[...commands.keys()].join(" ")} --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}:$previous" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [ -n "$takes_files" ] && [ "\${word:0:1}" != "-" ]; then
    local file
    while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$word")
  fi
}
complete -o filenames -F _spectral_norm spectral-norm
`;
}

/** Text within single quotes, which shells take as it is. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function zsh(commands: Commands): string {
  const described = [...commands].map(([name, { summary }]) => quoted(`${name}:${summary}`)).join(" ");
  const cases = [...commands].map(([name, command]) => {
    const specs = flagsOf(command).map(([flag, { value, help, choices, isFile }]) => {
      // Brackets and colons have a meaning in these.
      const text = help.replace(/[[\]:\\]/g, "\\$&");
      const action = isFile ? "_files" : choices ? `(${choices.join(" ")})` : " ";
      return quoted(`--${flag}[${text}]${value ? `:${value}:${action}` : ""}`);
    });
    const rest = command.choices ? [quoted(`1: :(${command.choices.join(" ")})`)] : [quoted("*:file:_files")];
    return `    ${name}) _arguments ${[...specs, ...rest].join(" ")} ;;`;
  });
  return `#compdef spectral-norm
_spectral_norm() {
  if (( CURRENT == 2 )); then
    local -a commands=(${described})
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT -= 1 ))
  case $command in
${cases.join("\n")}
  esac
}
compdef _spectral_norm spectral-norm
`;
}

function fish(commands: Commands): string {
  const names = [...commands.keys()].join(" ");
  const lines = [...commands].flatMap(([name, command]) => {
    const when = `complete -c spectral-norm -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
    const flags = flagsOf(command).map(([flag, { value, help, choices, isFile }]) => {
      const given = value ? ` ${isFile ? "-r -F" : "-x"}${choices ? ` -a ${quoted(choices.join(" "))}` : ""}` : "";
      return `${when} -l ${flag}${given} -d ${quoted(help)}`;
    });
    const rest = command.takesFiles ? [`${when} -F`] : [`${when} -a ${quoted((command.choices ?? []).join(" "))}`];
    const first = `complete -c spectral-norm -n ${quoted(`not __fish_seen_subcommand_from ${names}`)} -a ${name} -d ${quoted(command.summary)}`;
    return [first, ...flags, ...rest];
  });
  return `${["complete -c spectral-norm -f", ...lines].join("\n")}\n`;
}
