using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Access.Roles;
using Osmo.Configs.Documents;
using Osmo.Domain.Errors;
using Osmo.Grains.Backends;

namespace Osmo.Configs.Editing;

/// <summary>Roles in the ROLE configuration.</summary>
public static class RoleCompletion
{
    /// <summary>The roles of a configuration.</summary>
    /// <exception cref="OsmoException">The entries are no roles.</exception>
    public static IReadOnlyList<Role> Read(JsonObject entries) => [.. entries.Select(entry =>
    {
        using var json = JsonDocument.Parse(entry.Value?.ToJsonString() ?? "null");
        return RoleJson.Read(json.RootElement, entry.Key);
    })];

    /// <summary>Adds back what preassigned roles allow by default, as an older build's database may lack it.</summary>
    /// <exception cref="OsmoException">The store cannot be used now.</exception>
    public static Task ApplyAsync(Configurations configurations, CancellationToken cancellationToken) => configurations.ChangeAsync(
        new ConfigChange(ConfigType.Role, "", Audit.System, "Add what preassigned roles allow by default", entries =>
        {
            foreach (var role in PreassignedRoles.Complete(Read(entries)))
            {
                entries[role.Name] = ConfigDocument.Write(role);
            }

            return entries;
        }),
        cancellationToken);
}
