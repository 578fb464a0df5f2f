# Installs Debian packages of the lists in pipelines/packages. To be sourced:
#   . pipelines/install.sh
#   install_packages run build || exit 1

# The packages of the given lists that are not installed, one a line.
missing_packages() {
    local file=${BASH_SOURCE[0]%/*}/packages section='' package command wanted=" $* "
    local -A installed=()
    while read -r package; do
        installed[$package]=1
    done < <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p')
    while read -r package command; do
        case $package in
        '' | '#'*) ;;
        '['*) section=${package//[\[\]]/} ;;
        *)
            [[ $wanted == *" $section "* ]] || continue
            [[ -n ${installed[$package]:-} ]] && continue
            [[ -n $command ]] && command -v "$command" >/dev/null && continue
            echo "$package"
            ;;
        esac
    done <"$file"
}

# Installs what is missing of the given lists; says what it does, and what to do when it can't.
install_packages() {
    local missing root=()
    if ! command -v apt-get >/dev/null; then
        echo "No apt-get here: install what pipelines/packages lists ($*) by hand." >&2
        return 0
    fi
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0
    echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null; then
            echo "These packages are missing and there is no sudo. As root, run:" >&2
            echo "  apt-get install ${missing[*]}" >&2
            return 1
        fi
        root=(sudo)
    fi
    "${root[@]}" apt-get update -q </dev/null || echo "The package lists could not be refreshed; trying with the old ones." >&2
    if ! "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
        --no-install-recommends "${missing[@]}" </dev/null; then
        echo "These packages could not be installed: $(missing_packages "$@" | tr '\n' ' ')" >&2
        echo "See the lines of apt-get above for the reason; this needs Debian 12 or later and its package archive." >&2
        return 1
    fi
}
