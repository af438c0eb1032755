"""The control routes of a simulator, for judges that move its clock and read its ledger."""

import json
import urllib.request


class Simulator:
    def __init__(self, url):
        self.url = url

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f'{self.url}/_sim/{path}', data=data, method=method, headers={'Content-Type': 'application/json'}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def advance(self, seconds):
        self.call('POST', 'clock', {'advance_s': seconds})

    def served(self, scan, run):
        ledger = self.call('GET', 'ledger')
        return next(s for s in ledger['served'] if s['scan'] == scan and s['run'] == run)['findings']

    def effects(self, subject):
        ledger = self.call('GET', 'ledger')
        return [effect['action'] for effect in ledger['effects'] if effect['subject'] == subject]
