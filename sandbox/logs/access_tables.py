"""Tables of the workspace that show who used something, with the columns that a query may name."""

from typing import Any, Final

Row = dict[str, Any]


def columns(**typed: str) -> dict[str, str]:
    """Return columns with their types, from names that are separated by blanks."""
    return {name: kind for kind, names in typed.items() for name in names.split()}


ACCESS_SCHEMAS: Final[dict[str, dict[str, str]]] = {
    # https://learn.microsoft.com/azure/azure-monitor/reference/tables/ntanetanalytics
    "NTANetAnalytics": columns(
        datetime="TimeGenerated FlowStartTime FlowEndTime FlowIntervalStartTime FlowIntervalEndTime "
        "TimeProcessed",
        string="SubType FlowType FlowDirection FlowStatus SrcIp DestIp SrcPublicIps DestPublicIps SrcVm "
        "DestVm SrcNic DestNic SrcSubscription DestSubscription AclGroup AclRule NsgList NsgRule "
        "L4Protocol Country TargetResourceId Type",
        int="DestPort",
        long="AllowedInFlows DeniedInFlows AllowedOutFlows DeniedOutFlows BytesDestToSrc BytesSrcToDest",
    ),
    # https://learn.microsoft.com/azure/azure-monitor/reference/tables/securityevent
    "SecurityEvent": columns(
        datetime="TimeGenerated",
        string="Account Activity AuthenticationPackageName Computer IpAddress IpPort LogonTypeName "
        "TargetUserName Type WorkstationName _ResourceId _SubscriptionId",
        int="EventID LogonType",
    ),
    # https://learn.microsoft.com/azure/azure-monitor/reference/tables/syslog
    "Syslog": columns(
        datetime="TimeGenerated EventTime",
        string="Computer Facility HostIP HostName ProcessName SeverityLevel SyslogMessage Type "
        "_ResourceId _SubscriptionId",
        int="ProcessID",
    ),
    # https://learn.microsoft.com/azure/azure-monitor/reference/tables/azkvauditlogs
    "AZKVAuditLogs": columns(
        datetime="TimeGenerated",
        string="AddressAuthorizationType CallerIpAddress CorrelationId Id OperationName RequestUri "
        "ResultType TrustedService Type _ResourceId _SubscriptionId",
        dynamic="Identity",
        int="DurationMs HttpStatusCode",
        bool="IsAddressAuthorized IsRbacAuthorized",
    ),
    # https://learn.microsoft.com/azure/azure-monitor/reference/tables/azurediagnostics
    "AzureDiagnostics": columns(
        datetime="TimeGenerated event_time_t",
        string="CallerIPAddress Category CorrelationId OperationName ResourceProvider ResultType Type "
        "_ResourceId _SubscriptionId id_s identity_claim_appid_g requestUri_s action_id_s action_name_s "
        "client_ip_s database_name_s server_principal_name_s statement_s succeeded_s",
        real="affected_rows_d httpStatusCode_d response_rows_d",
    ),
    # https://learn.microsoft.com/azure/azure-monitor/reference/tables/signinlogs
    "SigninLogs": columns(
        datetime="TimeGenerated CreatedDateTime",
        string="AppDisplayName AppId AuthenticationRequirement Category ClientAppUsed "
        "ConditionalAccessStatus CorrelationId Id IPAddress Location OperationName "
        "ResourceDisplayName ResultDescription ResultType Type "
        "UserDisplayName UserId UserPrincipalName UserType",
        bool="IsInteractive",
        dynamic="AuthenticationDetails DeviceDetail LocationDetails Status",
    ),
}


def flow_row(machine: str, group: str, port: int, flow: Row) -> Row:
    """Return the row of flows that a security group allowed to a machine; ``flow`` has source and time."""
    subscription, in_group, name = (machine.split("/")[each].lower() for each in (2, 4, 8))
    acl = "/".join(group.split("/")[each].lower() for each in (2, 4, 8))
    return {
        "Type": "NTANetAnalytics",
        "SubType": "FlowLog",
        "FlowType": "ExternalPublic",
        "FlowDirection": "Inbound",
        "FlowStatus": "Allowed",
        "L4Protocol": "T",
        "DestPort": port,
        "DestSubscription": subscription,
        "DestVm": f"{in_group}/{name}",
        "AclGroup": acl,
        "NsgList": acl,
        "AllowedInFlows": 1,
        **flow,
    }
