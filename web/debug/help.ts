/** What `bridge.help()` says in the console. docs/reference/devtools.md says the same at more length. */
export const HELP = `bridge: this page, from the console. Ids of calls may be left out: the newest live call is meant.

  Look
    console.table(bridge.stats())          every call in one row
    console.table(bridge.turns())          the turns of a call, in ms since its answer
    bridge.calls                           calls, newest first, with counters, figures and timeline
    bridge.status, .config, .registration, .log
    for await (const e of bridge.events) console.log(e.from, e.type, e)
    copy(bridge.report())                  all that a bug report should hold, no secrets, no audio

  Calls
    bridge.dial('agent001')                calls a phone
    bridge.hangUp(id?)                     bridge.interrupt(id?)
    bridge.listen(id, 'caller' | 'agent', {on, volume})
    bridge.capture('auto' | 'encoded' | 'track' | 'worklet', id?)

  Try out
    bridge.inject({hz: 440, ms: 500}, {as: 'agent'})     a tone the caller hears
    bridge.inject('/hello.wav', {as: 'caller'})          a WAV the agent hears; a File will do as well
    bridge.impair({loss: 0.05, jitter: 30, delay: 100})  share and ms, of the caller's packets
    bridge.impair({})                                    as it was

  Keep
    bridge.record(true, id?)               and bridge.record(false): resolves to the recording's id
    console.table(bridge.recordings)
    bridge.play(id?)                       opens a recording on the page and plays it
    bridge.download(id?)                   its bundle, a zip
    bridge.open(file)                      a bundle from elsewhere
    bridge.replay(id?)                     its caller again, to the agent as it is now; both are compared
    bridge.remove(id)

  ?debug=sip,media,agent in the address logs those to this console; ?debug=sip:info says how much.`;
