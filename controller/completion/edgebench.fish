# fish completion for edgebench. Printed by: edgebench completion fish

# The program says what may follow: a word on each line, behind a tab what it
# means, and lines that begin with a colon for what the shell adds.
function __edgebench_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l typed (commandline --current-token --cut-at-cursor)
    set -l program (string replace --regex -- '^~' $HOME $words[1])
    # Of --trace=FILE, the name of the file.
    set -l flag (string match --regex -- '^--[^=]*=' $typed)
    set -l path (string replace --regex -- '^--[^=]*=' '' $typed)
    for line in ($program __complete -- $words[2..] "$typed" 2>/dev/null)
        switch $line
            case :files
                printf '%s\n' "$flag"(__fish_complete_path "$path")
            case :folders
                printf '%s\n' "$flag"(__fish_complete_directories "$path")
            case :models
                printf '%s\n' "$flag"(__fish_complete_path "$path" | string match --regex -- '.*(?:\.pt|/)(?:\t.*)?$')
            case :nospace
                # fish decides by itself.
            case '*'
                printf '%s\n' $line
        end
    end
end
complete --command edgebench --no-files --keep-order --arguments '(__edgebench_complete)'
