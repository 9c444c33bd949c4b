// The function app on Flex Consumption, its settings, and the component that receives its telemetry.
import { endpoints as addresses, identity } from 'types.bicep'

param location string
param tags object
param token string
param workspaceId string
param appSubnetId string
param appIdentity identity
param endpoints addresses
param vaultUri string
param evidenceKeyName string
param vaultSettings string[]
param channelSettings { *: string }
param monitorConfig string
param updateStrategy 'Recreate' | 'RollingUpdate'
param monitoredSubscriptions string[]

@description('The name of a management group whose assignments and exemptions are evaluated; empty for none.')
param monitoredManagementGroup string
param signInClientId string
param loginEndpoint string
param cloud string

var clouds = { AzureCloud: 'AzurePublic', AzureUSGovernment: 'AzureUSGovernment', AzureChinaCloud: 'AzureChina' }
var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb' // Monitoring Metrics Publisher

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  scope: resourceGroup(split(workspaceId, '/')[2], split(workspaceId, '/')[4])
  name: split(workspaceId, '/')[8]
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${token}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspaceId
    DisableLocalAuth: true
  }
}

resource sendsTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, appIdentity.id, metricsPublisher)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
    principalId: appIdentity.principalId
    principalType: 'ServicePrincipal'
  }
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: 'plan-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: 'func-${token}'
  location: location
  tags: union(tags, { 'azd-service-name': 'monitor' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${appIdentity.id}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled' // Event Grid cannot push to a private endpoint
    virtualNetworkSubnetId: appSubnetId
    keyVaultReferenceIdentity: appIdentity.id
    clientAffinityEnabled: false
    #disable-next-line BCP037 // the service knows siteUpdateStrategy, no published type does
    functionAppConfig: {
      runtime: { name: 'python', version: '3.13' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${endpoints.blob}/app-package'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: appIdentity.id
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: 40
        // An event is received, evaluated and delivered without a cold start. `tick` runs each 10 s, so its
        // instance rarely stops: about 13 USD a month on demand, 21 or more if it were always ready.
        alwaysReady: [
          { name: 'http', instanceCount: 1 } // also Event Grid's trigger, which is in the group of HTTP
          { name: 'function:evaluate_change', instanceCount: 1 }
          { name: 'function:deliver', instanceCount: 1 }
        ]
      }
      ...(updateStrategy == 'RollingUpdate' ? { siteUpdateStrategy: { type: updateStrategy } } : {})
    }
    siteConfig: { minTlsVersion: '1.2', scmMinTlsVersion: '1.2', ftpsState: 'Disabled', http20Enabled: true }
  }

  // Deployments sign in with Entra ID; there is no password.
  resource ftpPassword 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scmPassword 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  // Flex Consumption refuses FUNCTIONS_WORKER_RUNTIME, FUNCTIONS_EXTENSION_VERSION, WEBSITE_RUN_FROM_PACKAGE
  // and others: tests/infra/test_app.py has the list.
  resource settings 'config' = {
    name: 'appsettings'
    properties: {
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: appIdentity.clientId
      AzureWebJobsStorage__blobServiceUri: endpoints.blob
      AzureWebJobsStorage__queueServiceUri: endpoints.queue
      AzureWebJobsStorage__tableServiceUri: endpoints.table
      APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${appIdentity.clientId};Authorization=AAD'
      PYTHON_THREADPOOL_THREAD_COUNT: '80'
      AZURE_CLOUD: clouds[cloud]
      AZURE_CLIENT_ID: appIdentity.clientId
      AZURE_TENANT_ID: tenant().tenantId
      MONITORED_SUBSCRIPTIONS: join(monitoredSubscriptions, ',')
      MONITORED_MANAGEMENT_GROUP: monitoredManagementGroup
      LOG_ANALYTICS_WORKSPACE_ID: workspace.properties.customerId
      LOG_ANALYTICS_WORKSPACE_RESOURCE_ID: workspaceId
      MONITOR_APP_ID: app.id
      STATE_STORE: endpoints.table
      EVIDENCE_STORE: '${endpoints.blob}/evidence'
      EVIDENCE_SIGNING_KEY: '${vaultUri}/keys/${evidenceKeyName}'
      MONITOR_CONFIG: monitorConfig
      ...channelSettings
      ...toObject(
        vaultSettings,
        name => name,
        name => '@Microsoft.KeyVault(SecretUri=${vaultUri}/secrets/${toLower(replace(name, '_', '-'))})'
      )
    }
  }

  resource signIn 'config' = if (!empty(signInClientId)) {
    name: 'authsettingsV2'
    dependsOn: [settings] // each write of the configuration restarts the app: one after the other
    properties: {
      platform: { enabled: true }
      globalValidation: {
        requireAuthentication: true
        unauthenticatedClientAction: 'Return401'
        // The host's keys guard these paths. A path without a star is taken literally, so a folder alone
        // would block Event Grid. It is not certain whether a path with a star covers it, so both spellings
        // are here.
        // The runbooks are public text: a link in an alert has no key.
        excludedPaths: ['/runtime/webhooks/*', '/runtime/webhooks/EventGrid', '/api/health', '/api/runbooks/*']
      }
      httpSettings: { requireHttps: true }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: {
            clientId: signInClientId
            openIdIssuer: '${loginEndpoint}${tenant().tenantId}/v2.0'
          }
          validation: { allowedAudiences: [signInClientId, 'api://${signInClientId}'] }
        }
      }
      login: { tokenStore: { enabled: false } }
    }
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'phidrift'
  scope: app
  properties: { workspaceId: workspaceId, logs: [{ categoryGroup: 'allLogs', enabled: true }] }
}

output name string = app.name
output id string = app.id
