"""What every judge needs of a simulator besides the vendor's own API."""

import json
import ssl
import urllib.request


class Simulator:
    """The control routes of the simulator."""

    def __init__(self, url, stay_active=None, authority=None):
        self.url = url
        self.stay_active = stay_active
        self.tls = None if authority is None else ssl.create_default_context(cafile=authority)

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f'{self.url}/_sim/{path}', data=data, method=method, headers={'Content-Type': 'application/json'}
        )
        with urllib.request.urlopen(request, timeout=20, context=self.tls) as answer:
            return json.load(answer)

    def advance(self, seconds):
        """Moves the clock; `stay_active` is called every twenty minutes, so that a client's session lives on."""
        step = seconds if self.stay_active is None else 1200
        while seconds > 0:
            self.call('POST', 'clock', {'advance_s': min(step, seconds)})
            seconds -= step
            if self.stay_active is not None:
                self.stay_active()

    def served(self, scan, run):
        ledger = self.call('GET', 'ledger')
        return next(s for s in ledger['served'] if s['scan'] == str(scan) and s['run'] == str(run))['findings']

    def effects(self, scan):
        ledger = self.call('GET', 'ledger')
        return [effect['action'] for effect in ledger['effects'] if effect['subject'] == str(scan)]
