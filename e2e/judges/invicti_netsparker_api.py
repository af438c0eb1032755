"""netsparker-api, unchanged, against the simulated Invicti Enterprise.

Usage: invicti_netsparker_api.py BASE_URL USER_ID API_TOKEN

The client is old and thin: it knows paths, parameters and credentials, not the shape of answers. It also forgets the
`&` before pageSize in the lists of scans, which the page number given to it makes up for. The simulator must stand
still (speed 0): this script moves its clock.
"""

import sys

from netsparker_api.Netsparker_Account import Account
from netsparker_api.Netsparker_Agents import Agents
from netsparker_api.Netsparker_Issues import Issues
from netsparker_api.Netsparker_ScanProfiles import ScanProfiles
from netsparker_api.Netsparker_Scans import Scans
from simulator import Simulator

FIRST = {'page': '1&', 'pageSize': '200'}
TARGET = 'https://judged.corp.example/'


def state(keys, scan):
    word = Scans.status(keys, {'id': scan})['State']
    assert word == Scans.detail(keys, {'detail': scan})['State']
    return word


def report(keys, scan):
    return Scans.report(keys, {
        'contentFormat': 'Html', 'excludeResponseData': 'false', 'format': 'Json', 'id': scan,
        'type': 'Vulnerabilities', 'onlyConfirmedIssues': 'false', 'excludeAddressedIssues': 'false',
    })


def whole_life(keys, simulator):
    made = Scans.new(keys, {'TargetUri': TARGET, 'Tags': ['judged']})
    assert len(made) == 1 and made[0]['State'] == 'Queued' and made[0]['Tags'] == ['judged'], made
    scan = made[0]['Id']
    assert scan in [entry['Id'] for entry in Scans.list(keys, FIRST)['List']]
    simulator.advance(60)
    assert state(keys, scan) == 'Scanning'
    assert Scans.delete(keys, [scan]) == 'OnGoingScanExisting'
    assert Scans.pause(keys, scan) == 'Ok' and state(keys, scan) == 'Pausing'
    simulator.advance(10)
    assert state(keys, scan) == 'Paused' and Scans.pause(keys, scan) == 'ScanNotRunning'
    assert Scans.resume(keys, scan) == 'Ok' and state(keys, scan) == 'Resuming'
    simulator.advance(3600)
    assert state(keys, scan) == 'Complete' and Scans.cancel(keys, scan) == 'ScanCompleted'
    by_state = Scans.listbystate(keys, {
        'scanTaskState': 'Complete', 'targetUrlCriteria': 'judged', 'startDate': '', 'endDate': '', **FIRST
    })
    assert [entry['Id'] for entry in by_state['List']] == [scan], by_state

    found = report(keys, scan)['Vulnerabilities']
    ids = {item['LookupId'] for item in found}
    assert ids == {finding['reference'] for finding in simulator.served(scan, scan)} and len(ids) == len(found) > 10
    assert len(Scans.result(keys, {'id': scan})) == len(found)
    issue = Issues.get(keys, {'id': found[0]['LookupId']})
    assert issue['Title'] == found[0]['Name'] and issue['LatestScanId'] == scan, issue

    again = Scans.newfromscan(keys, scan)['Id']
    assert again != scan
    simulator.advance(60)
    assert Scans.cancel(keys, again) == 'Ok' and state(keys, again) == 'Cancelled'
    assert Scans.resume(keys, again) == 'ScanCancelled'

    agents = Agents.list(keys, {'page': '1', 'pageSize': '20'})['List']
    agent = next(agent for agent in agents if agent['Name'] == 'agent-dmz')
    ScanProfiles.new(keys, {'ProfileName': 'judged', 'TargetUri': TARGET, 'AgentId': agent['Id']})
    bound = Scans.newwithprofile(keys, {'ProfileName': 'judged', 'TargetUri': TARGET})
    assert bound['AgentName'] == 'agent-dmz', bound
    assert Scans.cancel(keys, bound['Id']) == 'Ok'

    scheduled = Scans.schedule(keys, {
        'Name': 'nightly', 'TargetUri': TARGET, 'NextExecutionTime': '01/01/2037 02:00', 'ScheduleRunType': 'Daily'
    })
    listed = Scans.listscheduled(keys, FIRST)['List']
    assert [entry['Id'] for entry in listed] == [scheduled['Id']], listed

    assert Scans.delete(keys, [scan, again, 'nothing']) == 'SomeOfScansNotFound'
    assert Scans.delete(keys, [scan, again, bound['Id']]) == 'Ok'
    assert Scans.list(keys, FIRST)['TotalItemCount'] == 0
    effects = simulator.effects(scan)
    assert [effects.count(action) for action in ('create', 'launch', 'pause', 'resume', 'delete')] == [1] * 5, effects


def main(url, user_id, token):
    keys = {'API_ROOT': f'{url}/api/1.0/%s', 'USER_ID': user_id, 'API_TOKEN': token}
    assert 'Message' in Account.me({**keys, 'API_TOKEN': 'wrong'})
    assert Account.me(keys)['DateFormat'] == 'dd/MM/yyyy'
    whole_life(keys, Simulator(url))


if __name__ == '__main__':
    main(*sys.argv[1:])
    print('netsparker-api accepts the simulated Invicti')
