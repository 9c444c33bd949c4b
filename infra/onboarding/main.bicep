// An Azure Policy that brings the events of every subscription under a management group to the app, including later
// ones. Only the events cost money. The app evaluates a subscription once MONITORED_SUBSCRIPTIONS names it.
targetScope = 'managementGroup'

@description('Region of the deployments, of the resource group of the topics and of the identity of the policy.')
param location string

@description('ARM id of the function app.')
param appId string

@description('ARM id of the identity of the app; it reads everything under the management group.')
param identityId string

@description('Principal id of the identity of the app.')
param principalId string

@description('Resource group of the topics, in each subscription.')
param groupName string = 'rg-phidrift-events'

@description('ARM ids of subscriptions or management groups to exclude, as a comma list: those that infra/events/ serves, and those that already have a topic of type Microsoft.Resources.Subscriptions, because Azure allows only one.')
param leftOut string = ''

var template = loadJsonContent('subscription.json')
var reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7' // Reader

// Contributor could change all watched resources. This role can only write resource groups (including their tags) and
// topics.
resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(managementGroup().id, 'phidrift-onboarding')
  properties: {
    roleName: 'PHI Drift Monitor Onboarding (${managementGroup().name})'
    description: 'Creates the resource group of the topics, the topics and what they deliver.'
    type: 'CustomRole'
    assignableScopes: [managementGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Resources/subscriptions/resourceGroups/read'
          'Microsoft.Resources/subscriptions/resourceGroups/write'
          'Microsoft.Resources/deployments/*'
          'Microsoft.EventGrid/register/action'
          'Microsoft.EventGrid/systemTopics/read'
          'Microsoft.EventGrid/systemTopics/write'
          'Microsoft.EventGrid/systemTopics/eventSubscriptions/read'
          'Microsoft.EventGrid/systemTopics/eventSubscriptions/write'
          'Microsoft.EventGrid/eventSubscriptions/read'
          'Microsoft.EventGrid/eventSubscriptions/write'
          'Microsoft.ResourceNotifications/systemTopics/subscribeToResources/action'
        ]
      }
    ]
  }
}

resource definition 'Microsoft.Authorization/policyDefinitions@2025-03-01' = {
  name: 'phidrift-onboarding'
  properties: {
    displayName: 'PHI Drift Monitor receives the events of a subscription'
    policyType: 'Custom'
    mode: 'All'
    metadata: { category: 'Monitoring', version: '1.0.0' }
    policyRule: {
      if: { field: 'type', equals: 'Microsoft.Resources/subscriptions' }
      then: {
        effect: 'deployIfNotExists'
        details: {
          type: 'Microsoft.EventGrid/systemTopics/eventSubscriptions'
          name: 'phidrift-changes/phidrift'
          existenceScope: 'resourceGroup'
          resourceGroupName: groupName
          deploymentScope: 'subscription'
          roleDefinitionIds: [tenantResourceId('Microsoft.Authorization/roleDefinitions', role.name)]
          deployment: {
            location: location
            properties: {
              mode: 'incremental'
              parameters: {
                location: { value: location }
                groupName: { value: groupName }
                functionId: { value: '${appId}/functions/resource_changed' }
              }
              template: template
            }
          }
        }
      }
    }
  }
}

resource assignment 'Microsoft.Authorization/policyAssignments@2025-03-01' = {
  name: 'phidrift-onboarding'
  location: location
  identity: { type: 'SystemAssigned' }
  properties: {
    displayName: 'PHI Drift Monitor receives the events of every subscription'
    policyDefinitionId: definition.id
    enforcementMode: 'Default'
    notScopes: filter(split(replace(leftOut, ' ', ''), ','), each => !empty(each))
  }
}

resource deploys 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(managementGroup().id, assignment.id, role.id)
  properties: {
    roleDefinitionId: tenantResourceId('Microsoft.Authorization/roleDefinitions', role.name)
    principalId: assignment.identity!.principalId
    principalType: 'ServicePrincipal'
  }
}

module delivers 'app-role.bicep' = {
  name: 'phidrift-onboarding'
  scope: resourceGroup(split(appId, '/')[2], split(appId, '/')[4])
  params: {
    appName: last(split(appId, '/'))
    assignmentId: assignment.id
    principalId: assignment.identity!.principalId
  }
}

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(managementGroup().id, identityId, reader)
  properties: {
    roleDefinitionId: tenantResourceId('Microsoft.Authorization/roleDefinitions', reader)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
