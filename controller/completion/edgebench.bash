# bash completion for edgebench. Printed by: edgebench completion bash
# shellcheck shell=bash

# The program says what may follow: a word on each line, behind a tab what it
# means, and lines that begin with a colon for what the shell adds.
_edgebench() {
  local program="${1/#\~/$HOME}" word glued='' words=()
  # bash parts words at "=" and ":", which are within words here.
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ ${#words[@]} -gt 0 && (-n $glued || $word == [:=]*) ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
    [[ $word == *[:=] ]] && glued=yes || glued=''
  done
  # What bash replaces is its own word, behind the last of these.
  local typed=${COMP_WORDS[COMP_CWORD]} whole=${words[-1]}
  [[ $typed == *[!:=]* ]] || typed=''
  local kept=${whole%"$typed"}

  COMPREPLY=()
  local line files=() list=()
  while IFS= read -r line; do
    case $line in
      :files) mapfile -t files < <(compgen -f -- "$typed") ;;
      :folders) mapfile -t files < <(compgen -d -- "$typed") ;;
      :models) mapfile -t files < <(compgen -f -X '!*.pt' -- "$typed" && compgen -d -- "$typed") ;;
      :nospace) compopt -o nospace 2>/dev/null ;;
      *) list+=("${line#"$kept"}") ;;
    esac
  done < <("$program" __complete -- "${words[@]}" 2>/dev/null)
  if [[ ${#files[@]} -gt 0 ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=("${files[@]}")
  fi
  # A list that is only shown (COMP_TYPE is "?") has room for what the words mean.
  if [[ $COMP_TYPE == 63 && ${#list[@]} -gt 1 && ${#files[@]} -eq 0 ]]; then
    for line in "${list[@]}"; do
      word=${line%%$'\t'*}
      if [[ $line == *$'\t'* ]]; then
        COMPREPLY+=("$(printf '%-24s  (%s)' "$word" "${line#*$'\t'}")")
      else
        COMPREPLY+=("$word")
      fi
    done
    return
  fi
  for line in "${list[@]}"; do COMPREPLY+=("${line%%$'\t'*}"); done
}
complete -o nosort -F _edgebench edgebench
