using System.Text.Json;
using Osmo.Access.Roles;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Access;

/// <summary>Roles decide as OSMO's do: vectors that its own functions computed.</summary>
public sealed class RoleVectorTests
{
    private static readonly JsonElement[] Lines =
        [.. File.ReadLines(SharedMaterial.PathOf("protocol", "samples", "vectors-role-access.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)];

    private static readonly Dictionary<string, Role> Roles = Lines
        .Where(line => line.TryGetProperty("role", out _))
        .Select(line => RoleJson.Read(line.GetProperty("role")))
        .ToDictionary(role => role.Name);

    [Fact]
    public void Every_vector_is_decided_as_OSMO_does()
    {
        var checkedCount = 0;
        var wrong = new List<string>();
        foreach (var line in Lines.Where(line => line.TryGetProperty("allowed", out _)))
        {
            var (method, path) = (line.GetProperty("method").GetString()!, line.GetProperty("path").GetString()!);
            var allowed = Roles[line.GetProperty("name").GetString()!].Allows(method, path);
            checkedCount++;
            if (allowed != line.GetProperty("allowed").GetBoolean())
            {
                wrong.Add(line.GetRawText());
            }
        }

        Assert.True(checkedCount > 1_900);
        Assert.Empty(wrong);
    }

    [Fact]
    public void A_preassigned_role_decides_every_path_of_OSMO_as_OSMOs_does()
    {
        var compared = 0;
        foreach (var line in Lines.Where(line => line.TryGetProperty("allowed", out _)))
        {
            if (PreassignedRoles.All.FirstOrDefault(role => role.Name == line.GetProperty("name").GetString()) is { } ours)
            {
                var (method, path) = (line.GetProperty("method").GetString()!, line.GetProperty("path").GetString()!);
                Assert.True(ours.Allows(method, path) == line.GetProperty("allowed").GetBoolean(), line.GetRawText());
                compared++;
            }
        }

        Assert.True(compared > 500);
    }

    [Fact]
    public void A_role_that_was_written_reads_back()
    {
        foreach (var role in Roles.Values.Concat(PreassignedRoles.All))
        {
            foreach (var asTexts in new[] { true, false })
            {
                using var stream = new MemoryStream();
                using (var writer = new Utf8JsonWriter(stream))
                {
                    RoleJson.Write(writer, role, asTexts);
                }

                var read = RoleJson.Read(JsonDocument.Parse(stream.ToArray()).RootElement);
                Assert.Equal((role.Name, role.Description, role.IsImmutable), (read.Name, read.Description, read.IsImmutable));
                Assert.Equal(
                    role.Policies.SelectMany(policy => policy.Actions).Select(action => action.ToString()).Order(StringComparer.Ordinal),
                    read.Policies.SelectMany(policy => policy.Actions).Select(action => action.ToString()).Order(StringComparer.Ordinal));
            }
        }
    }
}
