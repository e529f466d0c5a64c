using System.Text.RegularExpressions;
using static Osmo.Configs.Documents.CommonShapes;

namespace Osmo.Configs.Documents;

/// <summary>Templates, validations and tests, which pools and backends refer to by name.</summary>
internal static partial class TemplateShapes
{
    private static readonly Shape GroupTemplate = new ObjectWithShape(
    [
        new("apiVersion", Text, null),
        new("kind", Text, null),
        new("metadata", new ObjectWithShape([new("name", Text, null)], "namespace"), null),
    ]);

    private static readonly Shape Assertion = new ObjectShape(
    [
        new("operator", new ChoiceShape("GT", "GE", "LT", "LE", "EQ"), null),
        new("left_operand", Text, null),
        new("right_operand", Text, null),
        new("assert_message", Text, null),
    ]);

    private static readonly Shape Test = new ObjectShape(
        [
            TextField("name"),
            TextField("description"),
            new("cron_schedule", new PatternShape(CronText(), "must have five fields, such as 0 3 * * *."), null),
            DurationField("test_timeout", "300s"),
            new("node_conditions", new ListShape(Text, itemsMin: 1), null),
            new("common_pod_template", new ListShape(Text, itemsMin: 1), null),
            new("configs", FreeObject, "{}"),
        ],
        "parsed_pod_template");

    public static Shape PodTemplates { get; } = new MapShape(FreeObject);

    public static Shape GroupTemplates { get; } = new MapShape(GroupTemplate);

    public static Shape Validations { get; } = new MapShape(new ListShape(Assertion));

    public static Shape Tests { get; } = new MapShape(Test);

    [GeneratedRegex(@"^\S+( +\S+){4}\z")]
    private static partial Regex CronText();
}
