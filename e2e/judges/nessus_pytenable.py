"""pyTenable, unchanged, against the simulated Nessus.

Usage: nessus_pytenable.py BASE_URL USERNAME PASSWORD ACCESS_KEY SECRET_KEY

The simulator must stand still (speed 0): this script moves its clock. Exit 0 when every call is accepted and every
answer is what a client of the real product relies on.
"""

import csv
import io
import json
import sys
import xml.etree.ElementTree as ElementTree

from simulator import Simulator
from tenable.errors import APIError, NotFoundError, UnauthorizedError
from tenable.nessus import Nessus

BASIC = '731a8e52-3ea6-a291-ec0a-d2ff0619c19d7bd788d6be818b65'


def listed(nessus, scan_id):
    return next(scan for scan in nessus.scans.list()['scans'] if scan['id'] == scan_id)


def status(nessus, scan_id):
    return nessus.scans.details(scan_id)['info']['status']


def report_items(document):
    """(plugin, host, port, protocol) of every ReportItem."""
    root = ElementTree.fromstring(document)
    assert root.tag == 'NessusClientData_v2', root.tag
    return [
        (item.get('pluginID'), host.get('name'), item.get('port'), item.get('protocol'))
        for host in root.iter('ReportHost')
        for item in host.iter('ReportItem')
    ]


def refused(code, call, *arguments, **keywords):
    try:
        call(*arguments, **keywords)
    except APIError as error:
        assert error.response.status_code == code, error.response.status_code
        assert 'error' in error.response.json(), error.response.text
        return
    raise AssertionError(f'{call} was not refused')


def whole_life(nessus, simulator):
    templates = nessus.editor.template_list('scan')
    assert BASIC in [template['uuid'] for template in templates]
    assert nessus.scans.timezones()

    folder = nessus.folders.create('Judged')
    nessus.folders.edit(folder, 'Judged twice')
    assert {'id': folder, 'name': 'Judged twice', 'type': 'custom'}.items() <= next(
        entry for entry in nessus.folders.list() if entry['id'] == folder
    ).items()

    created = nessus.scans.create(
        uuid=BASIC,
        settings={'name': 'Jüdged', 'text_targets': '10.9.8.1-10.9.8.4', 'enabled': True, 'folder_id': folder},
    )['scan']
    scan = created['id']
    row = listed(nessus, scan)
    assert row['status'] == 'empty' and row['uuid'] is None and row['last_modification_date'] == 0, row
    assert [entry['id'] for entry in nessus.scans.list(folder_id=folder)['scans']] == [scan]

    nessus.scans.configure(scan, uuid=BASIC, settings={'name': 'Judged', 'text_targets': '10.9.8.1-10.9.8.3'})
    assert listed(nessus, scan)['name'] == 'Judged'
    refused(404, nessus.scans.export_scan, scan, format='nessus')

    run = nessus.scans.launch(scan)
    details = nessus.scans.details(scan)
    assert details['info']['status'] == 'pending' and details['info']['uuid'] == run, details['info']
    refused(409, nessus.scans.launch, scan)
    simulator.advance(30)
    assert status(nessus, scan) == 'running' and listed(nessus, scan)['uuid'] == run
    nessus.scans.pause(scan)
    assert status(nessus, scan) == 'pausing'
    simulator.advance(10)
    assert status(nessus, scan) == 'paused'
    nessus.scans.resume(scan)
    assert status(nessus, scan) == 'resuming'
    simulator.advance(60)
    details = nessus.scans.details(scan)
    progress = [host['scanprogresscurrent'] for host in details['hosts']]
    assert details['info']['status'] == 'running' and 0 < sum(progress) < 300, progress
    refused(409, nessus.scans.export_scan, scan, format='nessus')
    simulator.advance(3600)
    details = nessus.scans.details(scan)
    assert details['info']['status'] == 'completed' and details['info']['hostcount'] == 3, details['info']
    assert details['history'][0]['uuid'] == run

    host = details['hosts'][0]
    assert sum(item['count'] for item in host['severitycount']['item']) == sum(
        host[level] for level in ('critical', 'high', 'medium', 'low', 'info')
    )
    output = nessus.scans.plugin_output(scan, host['host_id'], 19506)
    assert output['info']['plugindescription']['pluginid'] == '19506' and output['outputs'][0]['ports'], output

    export(nessus, simulator, scan, run)

    second = nessus.scans.launch(scan, alt_targets=['10.9.8.9'])
    simulator.advance(20)
    nessus.scans.stop(scan)
    assert status(nessus, scan) == 'stopping'
    simulator.advance(10)
    details = nessus.scans.details(scan)
    assert details['info']['status'] == 'canceled' and details['info']['targets'] == '10.9.8.9', details['info']
    nessus.scans.launch(scan)
    simulator.advance(20)
    nessus.scans.kill(scan)
    assert status(nessus, scan) == 'canceled'

    history = {entry['uuid']: entry['history_id'] for entry in nessus.scans.details(scan)['history']}
    assert len(history) == 3, history
    nessus.scans.delete_history(scan, history[second])
    assert second not in [entry['uuid'] for entry in nessus.scans.details(scan)['history']]
    old = nessus.scans.export_scan(scan, history_id=history[run], format='nessus').read()
    assert len(report_items(old)) == len(simulator.served(scan, run))

    copy = nessus.scans.copy(scan, name='Judged copy')
    assert status(nessus, copy['id']) == 'empty'
    imported(nessus, simulator, old, folder)
    scanners(nessus, simulator, copy['id'])
    schedule(nessus, simulator)

    nessus.scans.delete(copy['id'])
    refused(404, nessus.scans.details, copy['id'])
    other = nessus.scans.copy(scan)['id']
    assert nessus.scans.delete_many([scan, other, 999_999]) == [scan, other]
    nessus.folders.delete(folder)
    effects = simulator.effects(scan)
    assert effects.count('launch') == 3 and effects.count('delete') == 1 and effects.count('pause') == 1, effects


def export(nessus, simulator, scan, run):
    nessus_formats = json.dumps(nessus.scans.export_formats(scan))
    assert 'nessus' in nessus_formats and 'csv' in nessus_formats
    document = nessus.scans.export_scan(scan, format='nessus').read()
    items = report_items(document)
    served = simulator.served(scan, run)
    assert len(items) == len(set(items)) == len(served), (len(items), len(set(items)), len(served))
    assert {'|'.join(item) for item in items} == {finding['reference'] for finding in served}

    rows = list(csv.DictReader(io.StringIO(nessus.scans.export_scan(scan, format='csv').read().decode(), newline='')))
    in_csv = {(row['Plugin ID'], row['Host'], row['Port'], row['Protocol']) for row in rows}
    assert in_csv == set(items), in_csv ^ set(items)
    columns = {'id': True, 'hostname': True, 'cvss3_base_score': True}
    chosen = nessus.scans.export_scan(scan, format='csv', reportContents={'csvColumns': columns}).read().decode()
    assert chosen.splitlines()[0] == 'Plugin ID,Host,CVSS v3.0 Base Score', chosen.splitlines()[0]
    refused(400, nessus.scans.export_scan, scan, format='pdf')


def imported(nessus, simulator, document, folder):
    scan = nessus.scans.import_scan(io.BytesIO(document), folder_id=folder)['scan']
    row = listed(nessus, scan['id'])
    assert row['status'] == 'imported' and row['control'] is False and row['folder_id'] == folder, row
    again = nessus.scans.export_scan(scan['id'], format='nessus').read()
    assert sorted(report_items(again)) == sorted(report_items(document))
    refused(409, nessus.scans.launch, scan['id'])
    nessus.scans.delete(scan['id'])


def scanners(nessus, simulator, scan):
    local = nessus.scanners.list()[0]
    assert nessus.scanners.details(local['id'])['name'] == 'Local Scanner'
    run = nessus.scans.launch(scan)
    simulator.advance(20)
    assert run in [running['uuid'] for running in nessus.scanners.running_scans(local['id'])]
    nessus.scanners.control_scan(local['id'], run, 'pause')
    simulator.advance(10)
    assert status(nessus, scan) == 'paused'
    nessus.scanners.control_scan(local['id'], run, 'resume')
    simulator.advance(10)
    nessus.scanners.control_scan(local['id'], run, 'stop')
    simulator.advance(10)
    assert status(nessus, scan) == 'canceled'
    assert run not in [running['uuid'] for running in nessus.scanners.running_scans(local['id'])]


def schedule(nessus, simulator):
    scan = nessus.scans.create(
        uuid=BASIC,
        settings={
            'name': 'Nightly', 'text_targets': '10.9.7.1', 'launch': 'DAILY', 'enabled': True,
            'rrules': 'FREQ=DAILY;INTERVAL=1', 'starttime': '20250101T020000', 'timezone': 'UTC',
        },
    )['scan']['id']
    assert listed(nessus, scan)['rrules'] == 'FREQ=DAILY;INTERVAL=1'
    nessus.scans.schedule(scan, False)
    simulator.advance(2 * 86_400)
    assert status(nessus, scan) == 'empty'
    nessus.scans.schedule(scan, True)
    # A day and an hour hold one fire or two, whatever the hour.
    simulator.advance(86_400)
    simulator.advance(3600)
    history = nessus.scans.details(scan)['history']
    assert len(history) in (1, 2) and all(run['scheduler'] == 1 for run in history), history
    nessus.scans.schedule(scan, False)
    simulator.advance(86_400)
    nessus.scans.delete(scan)


def main(url, username, password, access_key, secret_key):
    simulator = Simulator(url)
    keys = Nessus(url=url, access_key=access_key, secret_key=secret_key)
    assert keys.server.status()['status'] == 'ready'
    assert keys.server.properties()['server_uuid']
    whole_life(keys, simulator)

    session = Nessus(url=url, username=username, password=password)
    assert session.session.get()['username'] == username
    assert session.folders.list() and session.scans.list()['folders']
    simulator.advance(3 * 3600)
    try:
        session.folders.list()
        raise AssertionError('an idle session must end')
    except UnauthorizedError:
        pass
    session = Nessus(url=url, username=username, password=password)
    whole_life(session, Simulator(url, stay_active=session.session.get))

    fresh = keys.session.api_keys()
    assert keys.session.get()['username'] == username
    assert fresh['accessKey'] != access_key
    try:
        Nessus(url=url, access_key=access_key, secret_key=secret_key).folders.list()
        raise AssertionError('replaced keys must be dead')
    except UnauthorizedError:
        pass
    try:
        keys.scans.details(424_242)
        raise AssertionError('an unknown scan must be 404')
    except NotFoundError:
        pass


if __name__ == '__main__':
    main(*sys.argv[1:])
    print('pyTenable accepts the simulated Nessus')
