using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Domain.Nodes;

namespace Osmo.Unit.Tests.Serialization;

/// <summary>Random values of what grains send: by their constructors and properties, and by hand where these have rules.</summary>
internal static class WireValues
{
    private const int ItemsMax = 4;

    private static readonly NullabilityInfoContext Nullability = new();

    private static readonly Gen<string> Texts = Gen.Elements(
        "", "Ready", "True", "False", "Unknown", "gpu-17", "Ünï ✓ 🙂", "a \"quoted\" line\n", new string('x', 600), "nvidia.com/gpu");

    private static readonly Gen<string> Entries = Gen.Elements("Ready", "GpuHealthy", "Disk*", "nvidia.com/*", "Kernel_Deadlock");

    private static readonly Gen<long> Longs =
        from high in Gen.Choose(int.MinValue, int.MaxValue)
        from low in Gen.Choose(int.MinValue, int.MaxValue)
        select ((long)high << 32) ^ low;

    private static readonly Gen<DateTimeOffset> Times =
        from micros in Gen.Choose(0, int.MaxValue)
        from minutes in Gen.Elements(0, 0, 330, -480)
        select new DateTimeOffset(2026, 8, 22, 1, 2, 3, TimeSpan.FromMinutes(minutes)).AddMicroseconds(micros);

    private static readonly Gen<NodeConditionRules> Rules = Gen.OneOf(
        from additional in ListOf(Entries)
        from ignore in ListOf(Entries)
        select Lists([.. additional.Distinct()], [.. ignore.Distinct()]),
        from count in Gen.Choose(0, ItemsMax)
        from status in Gen.Elements("True", "False|Unknown", "[Tt]rue")
        select Patterns([.. Enumerable.Range(0, count).Select(i => new ConditionRule($"Gpu{i}.*", status))]));

    private static readonly Gen<ConditionSet> Sets =
        from pairs in ListOf(from type in Texts from status in Texts select new ConditionPair(type, status))
        select new ConditionSetPool(new ConditionTable()).TryShare(pairs.AsSpan(), out var set) ? set : null!;

    private static readonly Gen<JsonElement> Documents = Gen.Elements(
        "{}",
        """{"description":"Ünï \n","tests":["a","b"],"scheduler_settings":{"scheduler_timeout":30}}""", "[1,2.5e3,null]",
        "true").Select(text => JsonElement.Parse(text));

    private static readonly Dictionary<Type, Gen<object>> Known = new()
    {
        [typeof(string)] = Boxed(Texts),
        [typeof(bool)] = Boxed(Gen.Elements(true, false)),
        [typeof(int)] = Boxed(Gen.Choose(int.MinValue, int.MaxValue)),
        [typeof(long)] = Boxed(Longs),
        [typeof(ulong)] = Boxed(Longs.Select(number => (ulong)number)),
        [typeof(DateTimeOffset)] = Boxed(Times),
        [typeof(TimeSpan)] = Boxed(Longs.Select(TimeSpan.FromTicks)),
        [typeof(BackendName)] = Boxed(Gen.Elements("a", "dgx-east", new string('z', 63)).Select(BackendName.Parse)),
        [typeof(BackendRecord)] = Boxed(Records()),
        [typeof(NodeConditionRules)] = Boxed(Rules),
        [typeof(ConditionSet)] = Boxed(Sets),
        [typeof(ConfigEdit)] = Boxed(
            from json in Documents
            from replace in Gen.Elements(true, false)
            select replace ? (ConfigEdit)new ReplaceFields(json) : new MergePatch(json)),
        [typeof(LabelSelector)] = Boxed(Gen.Elements("", "a=b", "a!=b,c in (d,e),!f").Select(Selector)),
        [typeof(OsmoException)] = Boxed(
            from code in Gen.Elements(Enum.GetValues<ErrorCode>())
            from message in Texts
            from fields in ListOf(from field in Texts from problem in Texts select new FieldError(field, problem))
            select new OsmoException(code, message, fields)),
    };

    /// <summary>Random values of a type.</summary>
    public static Gen<object> Of(Type type) =>
        Known.TryGetValue(type, out var known) ? known
        : type.IsEnum ? Gen.Elements(Enum.GetValues(type).Cast<object>().ToArray())
        : Nullable.GetUnderlyingType(type) is { } inner ? Of(inner)
        : IsList(type) ? ListOf(Of(type.GenericTypeArguments[0])).Select(items => List(type, [.. items]))
        : type.IsAbstract ? Gen.OneOf(Contracts.KindsOf(type).Select(Of).ToArray())
        : Made(type);

    /// <summary>Whether a type is an <see cref="ImmutableArray{T}"/>.</summary>
    public static bool IsList(Type type) => type.IsConstructedGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>);

    /// <summary>Random lists.</summary>
    public static Gen<ImmutableArray<T>> ListOf<T>(Gen<T> items) =>
        Gen.Choose(0, ItemsMax).SelectMany(count => items.ArrayOf(count)).Select(list => list.ToImmutableArray());

    /// <summary>A list of a type with one value.</summary>
    public static object ListWith(Type type, object value) => List(typeof(ImmutableArray<>).MakeGenericType(type), [value]);

    private static Gen<object> Made(Type type)
    {
        var constructor = type.GetConstructors().MaxBy(candidate => candidate.GetParameters().Length)!;
        var parameters = constructor.GetParameters();
        var rest = type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(property => property.SetMethod is not null && parameters.All(parameter => parameter.Name != property.Name))
            .ToArray();
        var arguments = parameters.Select(parameter => OrNull(parameter.ParameterType, Nullability.Create(parameter)))
            .Concat(rest.Select(property => OrNull(property.PropertyType, Nullability.Create(property))));
        return Gen.CollectToArray(arguments, argument => argument).Select(values =>
        {
            var made = constructor.Invoke(values[..parameters.Length]);
            for (var i = 0; i < rest.Length; i++)
            {
                rest[i].SetValue(made, values[parameters.Length + i]);
            }

            return made;
        });
    }

    private static Gen<object?> OrNull(Type type, NullabilityInfo info) => info.WriteState == NullabilityState.Nullable
        ? Gen.OneOf(Gen.Constant<object?>(null), Of(type).Select(value => (object?)value))
        : Of(type).Select(value => (object?)value);

    private static object List(Type type, object[] items)
    {
        var array = Array.CreateInstance(type.GenericTypeArguments[0], items.Length);
        items.CopyTo(array, 0);
        return typeof(ImmutableCollectionsMarshal)
            .GetMethod(nameof(ImmutableCollectionsMarshal.AsImmutableArray))!
            .MakeGenericMethod(type.GenericTypeArguments[0])
            .Invoke(null, [array])!;
    }

    private static Gen<object> Boxed<T>(Gen<T> values) => values.Select(value => (object)value!);

    private static Gen<BackendRecord> Records() =>
        from text in Gen.Elements("", "the east, \"H100\" ✓")
        from tests in ListOf(Gen.Elements("smoke", "nccl"))
        from scheduler in Gen.Elements(SchedulerSettings.Default, new SchedulerSettings("kai", "kai-scheduler", true, 7))
        from rules in Rules
        from flags in Gen.Elements(true, false).ArrayOf(4)
        from prefix in Gen.Elements("osmo.nvidia.com/", "team-a.osmo.nvidia.com/").Select(Prefix)
        from revision in Longs
        from created in Times
        from heard in Times
        select new BackendRecord(
            BackendName.Parse("dgx-east"),
            new BackendConfig
            {
                Description = text,
                DashboardUrl = text,
                GrafanaUrl = text,
                RouterAddress = text,
                Tests = new TextList([.. tests.Distinct()]),
                CacheConfigJson = flags[0] ? BackendConfig.Default.CacheConfigJson : """{"endpoints":[{"url":"http://c"}]}""",
                Scheduler = scheduler,
                NodeConditions = rules,
                EnableNodeLabelUpdate = flags[1],
            },
            new BackendRegistration(flags[2] ? null : "3f2c", text, "6.0.1", prefix, flags[3])
            {
                Protocol = flags[0] ? AgentProtocol.Listener : AgentProtocol.Channel,
            },
            revision,
            created,
            flags[1] ? heard : null);

    private static NodeConditionRules Lists(string[] additional, string[] ignore) =>
        NodeConditionRules.TryCreate(additional, ignore, out var rules, out var errors)
            ? rules
            : throw new InvalidOperationException(errors[0].Message);

    private static NodeConditionRules Patterns(ConditionRule[] pairs) =>
        NodeConditionRules.TryCreate(pairs, out var rules, out var errors) ? rules : throw new InvalidOperationException(errors[0].Message);

    private static LabelSelector Selector(string text) =>
        LabelSelector.TryParse(text, out var selector, out var problem) ? selector : throw new InvalidOperationException(problem);

    private static NodeConditionPrefix Prefix(string text) =>
        NodeConditionPrefix.TryCreate(text, out var prefix, out var problem) ? prefix : throw new InvalidOperationException(problem);
}
