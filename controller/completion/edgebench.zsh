#compdef edgebench
# zsh completion for edgebench. Printed by: edgebench completion zsh

# The program says what may follow: a word on each line, behind a tab what it
# means, and lines that begin with a colon for what the shell adds.
_edgebench() {
  local line
  local -a before described suffix
  before=("${(@Q)words[2,CURRENT-1]}")
  for line in "${(@f)$("${(Q)words[1]/#\~/$HOME}" __complete -- "${before[@]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
    case $line in
      '' | :files | :folders | :models) ;;
      :nospace) suffix=(-S '') ;;
      *$'\t'*) described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
      *) described+=("${line//:/\\:}") ;;
    esac
    case $line in
      :files) compset -P 1 '--*=' ; _files ;;
      :folders) compset -P 1 '--*=' ; _files -/ ;;
      :models) compset -P 1 '--*=' ; _files -g '*.pt' ;;
    esac
  done
  (( $#described )) && _describe -V edgebench described "${suffix[@]}"
}

# Read with source, it has to be told what it is for; from $fpath it runs at once.
if [[ $funcstack[1] == _edgebench ]]; then
  _edgebench "$@"
else
  compdef _edgebench edgebench
fi
