"""pyTenable, unchanged, against the simulated Tenable Security Center.

Usage: tenable_sc_pytenable.py BASE_URL USERNAME PASSWORD ACCESS_KEY SECRET_KEY

The simulator must stand still (speed 0): this script moves its clock. Exit 0 when every call is accepted and every
answer is what a client of the real product relies on.
"""

import io
import sys
import warnings
import xml.etree.ElementTree as ElementTree
import zipfile

from simulator import Simulator
from tenable.errors import APIError
from tenable.sc import TenableSC

WANTED = ['id', 'name', 'status', 'importStatus', 'createdTime', 'scan', 'running', 'downloadAvailable']


def refused(call, *arguments, **keywords):
    try:
        call(*arguments, **keywords)
    except APIError as error:
        answer = error.response.json()
        assert error.response.status_code == 403 and answer['error_code'] > 0 and answer['error_msg'], answer
        return answer
    raise AssertionError(f'{call} was not refused')


def listed(sc, result, **window):
    rows = sc.scan_instances.list(fields=WANTED, **window)
    assert rows['usable'] == rows['manageable']
    return next((row for row in rows['usable'] if row['id'] == str(result)), None)


def words(sc, result):
    row = listed(sc, result)
    return row['status'], row['importStatus']


def report_items(archive, result):
    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist() == [f'{result}.nessus'], opened.namelist()
        root = ElementTree.fromstring(opened.read(f'{result}.nessus'))
    assert root.tag == 'NessusClientData_v2', root.tag
    return [
        f'{item.get("pluginID")}|{host.get("name")}|{item.get("port")}|{item.get("protocol")}'
        for host in root.iter('ReportHost')
        for item in host.iter('ReportItem')
    ]


def whole_life(sc, simulator):
    repository = next(row for row in sc.repositories.list() if row['name'] == 'Default')
    policy = next(row for row in sc.policies.list()['usable'] if row['name'] == 'Full Safe Scan')
    zone = sc.scan_zones.list()[0]
    assert sc.scan_zones.details(int(zone['id']))['scanners'], 'a zone has scanners'
    assert sc.asset_lists.list()['usable'] and sc.status.status()['jobd'] == 'Running'
    assert [scanner['agentCapable'] for scanner in sc.scanners.list()] == ['true']

    created = sc.scans.create(
        'Jüdged', int(repository['id']), policy_id=int(policy['id']), targets=['10.9.8.1-10.9.8.4'],
        scan_zone=int(zone['id']), schedule={'type': 'template'},
    )
    scan = int(created['id'])
    assert created['zone']['id'] == zone['id'] and created['ipList'] == '10.9.8.1-10.9.8.4', created
    assert sc.scans.details(scan, fields=['name', 'status']) == {'id': str(scan), 'name': 'Jüdged', 'status': '0'}
    assert str(scan) in [row['id'] for row in sc.scans.list()['usable']]
    assert sc.scans.edit(scan, name='Judged', targets=['10.9.8.1-10.9.8.3'])['name'] == 'Judged'
    refused(sc.scans.create, 'x', 99, policy_id=int(policy['id']), targets=['10.9.8.1'])
    refused(sc.scans.create, 'x', int(repository['id']), policy_id=99, targets=['10.9.8.1'])
    refused(sc.scans.create, 'x', int(repository['id']), policy_id=int(policy['id']))

    launched = sc.scans.launch(scan)
    result = int(launched['scanResult']['id'])
    assert launched['scanID'] == str(scan) and launched['scanResult']['status'] == 'Queued', launched
    seen = []
    for _ in range(6):
        seen.append(words(sc, result)[0])
        simulator.advance(4)
    assert seen == ['Queued', 'Preparing', 'Resolving Hostnames', 'Verifying Targets', 'Initializing Scanners', 'Running'], seen
    refused(sc.scan_instances.resume, result)
    sc.scan_instances.pause(result)
    assert words(sc, result)[0] == 'Pausing'
    simulator.advance(10)
    assert words(sc, result)[0] == 'Paused'
    sc.scan_instances.resume(result)
    assert words(sc, result)[0] == 'Resuming'
    simulator.advance(60)
    progress = sc.scan_instances.details(result)['progress']
    assert 0 < int(progress['completedChecks']) < int(progress['totalChecks']), progress
    assert progress['scanners'][0]['name'] == 'Internal Scanner'
    simulator.advance(600)
    imported(sc, simulator, scan, result)
    stopped(sc, simulator, scan)
    copies(sc, scan, result)

    sc.scans.delete(scan)
    assert refused(sc.scans.delete, scan)['error_code'] == 147
    assert listed(sc, result)['scan']['id'] == -1, 'a result outlives its definition'
    actions = simulator.effects(scan)
    for once in ['create', 'update', 'pause', 'resume', 'stop', 'delete']:
        assert actions.count(once) == 1, actions
    assert actions.count('launch') == 2, actions
    return result


def imported(sc, simulator, scan, result):
    """The two columns of a finished run, the report, and the analysis that waits for the import."""
    details = sc.scan_instances.details(result)
    assert details['status'] == 'Completed' and details['downloadAvailable'] == 'true', details
    items = report_items(sc.scan_instances.export_scan(result), result)
    assert len(items) == len(set(items)) == 75, len(items)
    served = [finding['reference'] for finding in simulator.served(scan, result)]
    assert sorted(items) == sorted(served)

    analysed = [
        f'{row["pluginID"]}|{row["ip"]}|{row["port"]}|{row["protocol"].lower()}'
        for row in individual(sc, result, 'vulndetails', limit=20)
    ]
    assert sorted(analysed) == sorted(items)
    counts = {row['severity']['name']: int(row['count']) for row in individual(sc, result, 'sumseverity')}
    assert sum(counts.values()) == 75 and len(counts) == 5, counts
    assert sum(int(row['total']) for row in individual(sc, result, 'sumip')) == 75
    worst = list(sc.analysis.vulns(('severity', '=', '3,4'), tool='listvuln'))
    assert all(row['severity']['id'] in '34' for row in worst) and len(worst) >= counts['High'] + counts['Critical']
    assert refused(sc.analysis.vulns(('nothing', '=', '1')).next)['error_code'] == 146


def individual(sc, result, tool, limit=1000):
    return sc.analysis._analysis(
        type='vuln', tool=tool, limit=limit, scan_id=result, payload={'type': 'vuln', 'sourceType': 'individual'},
    )


def stopped(sc, simulator, scan):
    result = int(sc.scans.launch(scan)['scanResult']['id'])
    simulator.advance(80)
    sc.scan_instances.stop(result)
    assert words(sc, result)[0] == 'Stopping'
    simulator.advance(5)
    assert words(sc, result) == ('Partial', 'Import Pending'), words(sc, result)
    part = report_items(sc.scan_instances.export_scan(result), result)
    assert 0 < len(part) < 75, len(part)
    simulator.advance(3)
    assert words(sc, result) == ('Partial', 'Importing'), words(sc, result)
    simulator.advance(60)
    assert words(sc, result) == ('Partial', 'Finished')
    sc.scan_instances.reimport_scan(result)
    assert words(sc, result) == ('Partial', 'Import Pending')
    assert sc.scan_instances.delete(result) == ''
    assert listed(sc, result) is None
    refused(sc.scan_instances.details, result)


def copies(sc, scan, result):
    copy = int(sc.scans.copy(scan, 'Judged again', 2)['id'])
    assert sc.scans.details(copy)['name'] == 'Judged again'
    sc.scans.delete(copy)
    twin = int(sc.scan_instances.copy(result)['scanResults'][0]['id'])
    assert listed(sc, twin)['status'] == 'Completed'
    sc.scan_instances.delete(twin)
    assert sc.scan_instances.email(result, 'no-reply@corp.example') == ''


def uploaded(sc, simulator, result):
    archive = sc.scan_instances.export_scan(result)
    items = report_items(archive, result)
    with zipfile.ZipFile(archive) as opened:
        report = io.BytesIO(opened.read(f'{result}.nessus'))
    before = {row['id'] for row in sc.scan_instances.list()['usable']}
    assert sc.scan_instances.import_scan(report, 1) == ''
    fresh = [row['id'] for row in sc.scan_instances.list()['usable'] if row['id'] not in before]
    assert len(fresh) == 1, fresh
    again = report_items(sc.scan_instances.export_scan(int(fresh[0])), fresh[0])
    assert sorted(again) == sorted(items)
    refused(sc.scan_instances.stop, int(fresh[0]))
    sc.scan_instances.delete(int(fresh[0]))


def window(sc, simulator, result):
    """Without a window the list forgets what is older than thirty days."""
    row = listed(sc, result)
    simulator.advance(31 * 86_400)
    assert listed(sc, result) is None
    assert listed(sc, result, start_time=int(row['createdTime']) - 1) is not None


def schedule(sc, simulator):
    ical = {'type': 'ical', 'start': 'TZID=UTC:20250101T020000', 'repeatRule': 'FREQ=DAILY;INTERVAL=1'}
    scan = int(sc.scans.create('Nightly', 1, policy_id=1000001, targets=['10.9.7.1'], schedule=ical)['id'])
    assert sc.scans.details(scan)['schedule']['nextRun'] > 0
    simulator.advance(86_400 + 3600)
    runs = [row for row in sc.scan_instances.list(fields=['name'])['usable'] if row['name'] == 'Nightly']
    # A day and an hour hold one fire or two, whatever the hour.
    assert len(runs) in (1, 2), runs
    sc.scans.edit(scan, schedule={'type': 'never'})
    sc.scans.delete(scan)


def main(url, username, password, access_key, secret_key):
    simulator = Simulator(url)
    keys = TenableSC(url=url, access_key=access_key, secret_key=secret_key)
    assert keys.version == '6.4.0'
    assert keys.current.user()['username'] == username
    result = whole_life(keys, simulator)
    uploaded(keys, simulator, result)
    window(keys, simulator, result)
    schedule(keys, simulator)

    refused(TenableSC(url=url, access_key=access_key, secret_key='no').scans.list)
    refused(TenableSC, url=url, username=username, password='no')
    session = TenableSC(url=url, username=username, password=password)
    whole_life(session, Simulator(url, stay_active=session.current.user))
    simulator.advance(2 * 3600)
    refused(session.scans.list)
    with TenableSC(url=url, username=username, password=password) as session:
        assert session.scans.list()

    administrator = TenableSC(url=url, access_key=f'{access_key}-administrator', secret_key=secret_key)
    assert len(administrator.scanners.list()) == 4
    assert administrator.scanners.update_status()
    refused(administrator.scans.list)


if __name__ == '__main__':
    warnings.simplefilter('ignore', DeprecationWarning)
    main(*sys.argv[1:])
    print('pyTenable accepts the simulated Tenable Security Center')
