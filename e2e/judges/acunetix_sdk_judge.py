"""acunetix-sdk, unchanged, against the simulated Acunetix.

Usage: REQUESTS_CA_BUNDLE=FILE acunetix_sdk_judge.py HTTPS_BASE_URL API_KEY

FILE is the certificate of the simulator's authority; the client speaks HTTPS only.

The client checks every answer against models made from the vendor's Swagger. The simulator must stand still
(speed 0): this script moves its clock. Exit 0 when every call is accepted and every answer is what a client of the
real product relies on.
"""

import os
import sys

from acunetix_sdk import AcunetixSyncClient
from acunetix_sdk.errors import AuthenticationError, BadRequestError, NotFoundError
from acunetix_sdk.models.export import Export, ExportSource, NewExport
from acunetix_sdk.models.report import Report, ReportCreate, ReportSource
from acunetix_sdk.models.scan import ScanCreateRequest, ScanUpdateRequest, Schedule
from acunetix_sdk.models.target import TargetCreateRequest, TargetUpdateRequest
from acunetix_sdk.models.vulnerability import VulnerabilityStatus
from acunetix_sdk.models.worker import WorkerIdList
from simulator import Simulator

FULL = '11111111-1111-1111-1111-111111111111'
DEVELOPER = '11111111-1111-1111-1111-111111111111'


def refused(error, call, *arguments):
    try:
        call(*arguments)
    except error as refusal:
        assert 'reason' in (refusal.response_text or ''), refusal.response_text
        return
    raise AssertionError(f'{call} was not refused')


def status(client, scan):
    return client.scans.get(scan).current_session.status.value


def vulnerabilities(client, scan, result):
    """All pages; the client does not read the vendor's cursors, so they are followed by hand."""
    items, cursor = [], None
    path = f'scans/{scan}/results/{result}/vulnerabilities'
    while True:
        page = client.scans.get_vulnerabilities(scan, result, cursor=cursor, limit=25)
        items += page.items
        raw = client._request('GET', path, params={'l': 25, **({'c': cursor} if cursor else {})})
        cursors = raw['pagination']['cursors']
        if len(cursors) == 1:
            assert page.pagination.count == len(items)
            return items
        cursor = cursors[1]


def whole_life(client, simulator):
    assert FULL in [profile.profile_id for profile in client.scan_profiles.list()]
    target = client.targets.create(TargetCreateRequest(address='https://judged.corp.example/', description='Jüdged'))
    client.targets.update(target.target_id, TargetUpdateRequest(description='Judged', criticality=30))
    target = client.targets.get(target.target_id)
    assert (target.description, target.criticality) == ('Judged', 30), target
    assert target.target_id in [known.target_id for known in client.targets.list(query='text_search:*judged*').items]

    engines = [worker for worker in client.workers.list().workers if worker.authorization.value == 'authorized']
    pin = [engine for engine in engines if engine.description == 'engine-dmz'][0]
    client.targets.assign_workers(target.target_id, WorkerIdList(worker_id_list=[pin.worker_id]))
    assigned = client.targets.get_assigned_workers(target.target_id).workers
    assert [worker.worker_id for worker in assigned] == [pin.worker_id], assigned

    scan = client.scans.create(ScanCreateRequest(
        target_id=target.target_id, profile_id=FULL, schedule=Schedule(disable=False)
    )).scan_id
    assert status(client, scan) == 'queued'
    simulator.advance(30)
    assert status(client, scan) == 'processing'
    refused(BadRequestError, client.scans.trigger, scan)
    client.scans.abort(scan)
    assert status(client, scan) == 'aborting'
    simulator.advance(10)
    assert status(client, scan) == 'aborted'

    client.scans.trigger(scan)
    simulator.advance(60)
    # Pausing is not in the vendor's Swagger, so this client cannot; resuming is.
    refused(BadRequestError, client.scans.resume, scan)
    simulator.advance(3600)
    session = client.scans.get(scan).current_session
    assert session.status.value == 'completed' and session.progress == 100, session

    results = client.scans.get_results(scan).items
    assert [result.status.value for result in results] == ['completed', 'aborted'], results
    result = results[0].result_id
    assert result == session.scan_session_id and client.scans.get_result_by_id(result).scan_id == scan
    found = vulnerabilities(client, scan, result)
    ids = {item.target_vuln_id for item in found}
    assert len(found) == len(ids) == sum(session.severity_counts.model_dump().values()), (len(found), len(ids))
    assert ids == {finding['reference'] for finding in simulator.served(scan, result)}
    statistics = client.scans.get_statistics(scan, result)
    assert statistics['status'] == 'completed' and len(statistics['scanning_app']['wvs']['main']['vulns']) == len(ids)
    types = client.scans.list_result_vulnerability_types(scan, result).items
    assert sum(kind.count for kind in types) == len(found)

    details = client.scans.get_scan_vulnerability_detail(scan, result, found[0].vuln_id)
    assert details.description and details.cvss3 and details.vt_name == found[0].vt_name, details
    assert client.scans.get_scan_vulnerability_detail_by_vuln_id(found[0].vuln_id).vt_id == details.vt_id
    known = client.vulnerabilities.get_details(found[0].target_vuln_id)
    assert known.affects_url == found[0].affects_url and known.status.value == 'open', known
    client.vulnerabilities.update_status(found[0].target_vuln_id, VulnerabilityStatus(status='ignored'))
    assert client.vulnerabilities.get_details(found[0].target_vuln_id).status.value == 'ignored'
    assert client.vulnerabilities.list(query=f'target_id:{target.target_id}').pagination.count == len(found)

    documents(client, simulator, scan)
    schedule(client, simulator, target.target_id)
    client.scans.delete(scan)
    refused(NotFoundError, client.scans.get, scan)
    client.targets.delete(target.target_id)
    refused(NotFoundError, client.targets.get, target.target_id)
    effects = simulator.effects(scan)
    assert effects.count('create') == 1 and effects.count('launch') == 2 and effects.count('stop') == 1, effects
    assert effects.count('delete') == 1, effects


def documents(client, simulator, scan):
    kind = client.exports.list_export_types().templates[0]
    # The client's own methods for these two orders fail before they send anything (0.1.1), so its models are used.
    source = ExportSource(list_type='scans', id_list=[scan])
    order = NewExport(export_id=kind.export_id, source=source).model_dump(exclude_none=True, mode='json')
    export = Export(**client._request('POST', 'exports', json_data=order))
    simulator.advance(10)
    export = client.exports.get_export(export.export_id)
    assert export.status.value == 'completed' and len(export.download) == 1, export
    text = client.reports.download(export.download[0].rsplit('/', 1)[1]).read().decode()
    assert text.count('<ReportItem ') > 10 and text.rstrip().endswith('</ScanGroup>'), text[-100:]
    source = ReportSource(list_type='scans', id_list=[scan])
    order = ReportCreate(template_id=DEVELOPER, source=source).model_dump(exclude_none=True, mode='json')
    report = Report(**client._request('POST', 'reports', json_data=order))
    simulator.advance(10)
    report = client.reports.get(report.report_id)
    assert report.status.value == 'completed' and report.template_name == 'Developer', report
    assert report.report_id in [known.report_id for known in client.reports.list().items]
    client.reports.delete(report.report_id)
    client.exports.delete_export(export.export_id)
    refused(NotFoundError, client.reports.get, report.report_id)


def schedule(client, simulator, target):
    scan = client.scans.create(ScanCreateRequest(target_id=target, profile_id=FULL, schedule=Schedule(
        disable=False, recurrence='DTSTART:20250101T020000Z\nFREQ=DAILY;INTERVAL=1'
    ))).scan_id
    assert status(client, scan) == 'scheduled' and not client.scans.get_results(scan).items
    simulator.advance(2 * 86_400)
    assert len(client.scans.get_results(scan).items) == 2
    client.scans.update(scan, ScanUpdateRequest(schedule=Schedule(disable=True)))
    simulator.advance(2 * 86_400)
    assert len(client.scans.get_results(scan).items) == 2
    client.scans.delete(scan)


def main(url, key):
    endpoint = url.removeprefix('https://')
    refused(AuthenticationError, AcunetixSyncClient(api_key='wrong', endpoint=endpoint, verify_ssl=True).scans.list)
    simulator = Simulator(url, authority=os.environ['REQUESTS_CA_BUNDLE'])
    whole_life(AcunetixSyncClient(api_key=key, endpoint=endpoint, verify_ssl=True), simulator)


if __name__ == '__main__':
    main(*sys.argv[1:])
    print('acunetix-sdk accepts the simulated Acunetix')
