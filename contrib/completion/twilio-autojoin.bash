# bash completion for twilio-autojoin(1). tests/operator/completion.test.js compares it with --help.

_twilio_autojoin_words() {
  local IFS=$' \t\n'
  # shellcheck disable=SC2207  # the words hold no blanks and no patterns
  COMPREPLY=($(compgen -W "$1" -- "$2" || true)) # it fails where nothing fits
}

_twilio_autojoin_files() {
  compopt -o filenames 2>/dev/null
  local IFS=$'\n'
  # shellcheck disable=SC2207  # a line each
  COMPREPLY=($(compgen -f -- "$1" || true))
}

# What may follow an option; fails where anything may.
_twilio_autojoin_value() {
  case $1 in
    --front) _twilio_autojoin_words 'lighttpd apache nginx none' "$2" ;;
    --level) _twilio_autojoin_words 'service account' "$2" ;;
    --method) _twilio_autojoin_words 'POST GET' "$2" ;;
    --events) _twilio_autojoin_words 'onConversationAdded none' "$2" ;;
    --closed-timer) _twilio_autojoin_words 'P1D P7D P30D none' "$2" ;;
    --inactive-timer) _twilio_autojoin_words 'PT1H P1D none' "$2" ;;
    --content-type) _twilio_autojoin_words 'application/x-www-form-urlencoded application/json' "$2" ;;
    --algorithm) _twilio_autojoin_words 'HMAC_SHA256 HMAC_SHA1' "$2" ;;
    --state | --token-file | --answers | --output | --log) _twilio_autojoin_files "$2" ;;
    --url | --retries | --share | --timeout | --since | --limit | --rate | --body | --connect | --signature | --settings-header | --key) COMPREPLY=() ;;
    *) return 1 ;;
  esac
}

_twilio_autojoin_options() {
  case $1 in
    init) echo '--answers --front --yes' ;;
    check) echo '--offline --json' ;;
    setup) echo '--url --level --method --events --retries --closed-timer --inactive-timer --replace --restore --event-stream --shared-key --share --undo --dry-run --yes' ;;
    probe) echo '--timeout --yes --json' ;;
    stats) echo '--watch --prometheus --json' ;;
    status) echo '--watch --offline --json' ;;
    drain) echo '--due --watch --failed --dry-run --rejoin --json' ;;
    sign) echo '--url --key --algorithm --event-stream --body --content-type --curl --cgi --send --connect --json' ;;
    explain) echo '--url --signature --settings-header --body --content-type --token-file --json' ;;
    reconcile) echo '--since --dry-run --limit --rate --state --rejoin --yes --verbose --json' ;;
    report) echo '--output --log --offline --yes' ;;
  esac
}

_twilio_autojoin() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}

  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    _twilio_autojoin_words 'init check setup probe status stats drain sign explain reconcile report --help --version' "$word"
    return
  fi
  _twilio_autojoin_value "$before" "$word" && return
  if [[ $word == -* ]]; then
    _twilio_autojoin_words "$(_twilio_autojoin_options "$command") --help" "$word"
  elif [[ $command == explain ]]; then
    _twilio_autojoin_files "$word"
  elif [[ $command == sign ]]; then
    compopt -o nospace 2>/dev/null
    _twilio_autojoin_words 'EventType= AccountSid= ConversationSid= ChatServiceSid= Source=' "$word"
  fi
}

complete -F _twilio_autojoin twilio-autojoin
